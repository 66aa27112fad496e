package events

import "strconv"

// ImportRequested asks for the files of an archive to be found, from the entry
// After on of one of its volumes: 0 is the archive, the others are archives
// inside of it. It is sent by upload to itself: each step finds some files and
// asks for the rest.
type ImportRequested struct {
	ImportID string `json:"import_id"`
	UserID   string `json:"user_id"`
	Volume   int    `json:"volume"`
	After    int    `json:"after"`
}

// ImportFileFound asks for one file of an archive to be taken. The files of an
// archive are independent of each other.
type ImportFileFound struct {
	ImportID string `json:"import_id"`
	UserID   string `json:"user_id"`
	File     int    `json:"file"` // from 0
}

// ImportFinished says that every file of an archive has its verdict.
type ImportFinished struct {
	ImportID   string `json:"import_id"`
	UserID     string `json:"user_id"`
	FileName   string `json:"file_name,omitempty" sealed:"true"`
	Files      int    `json:"files"`
	Created    int    `json:"created"` // files that became workouts
	Duplicates int    `json:"duplicates"`
	Failed     int    `json:"failed"`
	Ignored    int    `json:"ignored"` // files that are no workouts
}

// ImportUndoRequested asks for what an import made to be taken back, from the
// file After on. It is sent by upload to itself, as ImportRequested is.
type ImportUndoRequested struct {
	ImportID string `json:"import_id"`
	UserID   string `json:"user_id"`
	After    int    `json:"after"`
}

// ImportUndone says that nothing is left of what an import made.
type ImportUndone struct {
	ImportID string `json:"import_id"`
	UserID   string `json:"user_id"`
}

// EventType and its two sisters make a struct a Payload.

func (ImportRequested) EventType() string     { return TypeImportRequested }
func (ImportFileFound) EventType() string     { return TypeImportFileFound }
func (ImportFinished) EventType() string      { return TypeImportFinished }
func (ImportUndoRequested) EventType() string { return TypeImportUndo }
func (ImportUndone) EventType() string        { return TypeImportUndone }

// Subject tells the steps of one import apart.
func (i ImportRequested) Subject() string {
	return i.ImportID + "/" + strconv.Itoa(i.Volume) + "/" + strconv.Itoa(i.After)
}

// Subject tells the files of one import apart.
func (i ImportFileFound) Subject() string { return i.ImportID + "/" + strconv.Itoa(i.File) }

func (i ImportFinished) Subject() string { return i.ImportID }

// Subject tells the steps of one undo apart.
func (i ImportUndoRequested) Subject() string { return i.ImportID + "/" + strconv.Itoa(i.After) }

func (i ImportUndone) Subject() string { return i.ImportID }

func (i ImportRequested) PartitionKey() string { return i.UserID }

// PartitionKey lets each file go on by itself.
func (i ImportFileFound) PartitionKey() string { return i.UserID + "/" + strconv.Itoa(i.File) }

func (i ImportFinished) PartitionKey() string      { return i.UserID }
func (i ImportUndoRequested) PartitionKey() string { return i.UserID }
func (i ImportUndone) PartitionKey() string        { return i.UserID }
