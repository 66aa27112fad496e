// Package web serves the pages: landing, registration, sign-in, the pages that
// mails link to, and the app.
//
//	in    –
//	out   –
//	keys  none
//	safe  pages hold no data of a person: scripts read it from the API with the
//	      person's own token; everything comes from this origin, and the content
//	      security policy allows nothing else
package web
