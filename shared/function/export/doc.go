// Package export answers account.export.requested for a function: with every
// document of the person that the store was told of (store.Tx.Own) and that
// shared/inventory gives a file, so that a new document is exported without a
// line of code.
//
//	in    account.export.requested
//	out   <function>.exported, a page at a time
//	keys  exporting:<user>   how far it has come
//	safe  a page and how far it has come are one write, so that a delivery goes
//	      on where a killed one ended, and no document is missed or comes twice;
//	      of whom was erased nothing is sent
//
// What the inventory withholds is not in a page. A document that changes
// meanwhile is there as it was before or after; one that goes is not.
package export
