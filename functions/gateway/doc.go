// Package gateway is the only way in for people: it says who calls, whether
// they may, and which function answers.
//
//	in    every public request
//	out   the same request to one function, with a call token of 60 s for it
//	      security.alert and security.released of the watch, which say whom to
//	      let in no more for a while
//	keys  block:<person or address>  lies in the way; released:… when it was taken
//	      away by hand
//	      limit:<class>:<person or address>  when all of a burst is there again
//	      reads keys: (see shared/function/revocation)
//	safe  nothing answers without a token but the routes marked public; an
//	      unknown path is 401 too; what a client says about addresses, proxies
//	      or identities never reaches a function, nor what it says of its
//	      connection; who is slow is not waited for, and what cannot be told
//	      from a second request ends the connection
package gateway
