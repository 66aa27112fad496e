package xmlscan

import "paceline/shared/track"

// Walk is how a decoder goes through a document: element by element, until one is
// at fault.
type Walk struct {
	*Scanner
	Fault *track.Fault // the first
}

// Fail keeps a fault, unless there is one already.
func (w *Walk) Fail(code, detail string) {
	if w.Fault == nil {
		w.Fault = &track.Fault{Code: code, Detail: detail, Offset: -1, Line: w.Line()}
	}
}

// Each calls read for the children of the open element until a fault.
func (w *Walk) Each(read func(name string)) {
	in := w.Depth()
	for w.Fault == nil && w.Child(in) {
		read(string(w.Name()))
	}
}

// Document calls read for the root element, which has to have the name root in a
// document of the format, and says what was wrong with the document.
func (w *Walk) Document(format, root string, read func()) error {
	w.Each(func(name string) {
		if name != root {
			w.Fail("not_"+format, "the root element is not "+root)
			return
		}
		read()
	})
	if w.Fault != nil {
		return w.Fault
	}
	return w.Err()
}
