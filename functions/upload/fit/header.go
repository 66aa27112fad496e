package fit

import (
	"encoding/binary"
	"fmt"

	"paceline/shared/track"
)

// Sizes of a file header without and with its checksum, and of a checksum.
const (
	shortHeader = 12
	longHeader  = 14
	crcSize     = 2
)

// Codes of faults that decide what becomes of a damaged file.
const (
	codeTruncated = "fit_truncated"
	codeCRC       = "fit_crc_mismatch"
)

// Sniff says that data starts like a FIT file.
func Sniff(data []byte) bool {
	return len(data) >= shortHeader && int(data[0]) >= shortHeader && string(data[8:12]) == ".FIT"
}

// frame is where the messages of one FIT file lie in the input.
type frame struct {
	start, end int          // of the messages
	next       int          // where the next file of a chain would start
	damage     *track.Fault // cut or wrong checksum, or nil
}

// readFrame checks the header at data[at:] and the checksum of the file. A
// header that cannot be trusted is an error; a file that is cut or altered is a
// frame with its damage.
func readFrame(data []byte, at int) (frame, *track.Fault) {
	rest := data[at:]
	if len(rest) < shortHeader {
		return frame{}, fault(codeTruncated, at, "the file ends within its header")
	}
	size := int(rest[0])
	if !Sniff(rest) {
		return frame{}, fault("fit_header", at, "this is no FIT header")
	}
	if size > len(rest) {
		return frame{}, fault(codeTruncated, at, "the file ends within its header")
	}
	if size >= longHeader {
		want := binary.LittleEndian.Uint16(rest[shortHeader:])
		if want != 0 && want != checksum(rest[:shortHeader]) {
			return frame{}, fault("fit_header_crc", at+shortHeader, "the header does not match its checksum")
		}
	}
	// Compared as 64 bits: the size that a header claims may be 4 GiB.
	claimed := uint64(binary.LittleEndian.Uint32(rest[4:8]))
	return locate(data, at, size, claimed), nil
}

// locate finds the end of the messages for the data size that a header claims.
func locate(data []byte, at, header int, claimed uint64) frame {
	f := frame{start: at + header, end: len(data), next: len(data)}
	available := uint64(len(data) - f.start)
	switch {
	case claimed == 0 && available > crcSize && !sealed(data[at:], header):
		f.damage = fault(codeTruncated, at+4, "the device never closed the file: its header claims no data")
	case claimed > available:
		f.damage = fault(codeTruncated, len(data),
			fmt.Sprintf("the header claims %d bytes of data, %d follow", claimed, available))
	case claimed+crcSize > available:
		f.end = f.start + int(claimed)
		f.damage = fault(codeTruncated, len(data), "the checksum at the end is missing")
	default:
		f.end = f.start + int(claimed)
		f.next = f.end + crcSize
		if !sealed(data[at:], f.end-at) {
			f.damage = fault(codeCRC, f.end, "the data does not match its checksum")
		}
	}
	return f
}

// sealed says that the first n bytes of b are followed by their checksum.
func sealed(b []byte, n int) bool {
	return binary.LittleEndian.Uint16(b[n:]) == checksum(b[:n])
}

func fault(code string, offset int, detail string) *track.Fault {
	return &track.Fault{Code: code, Detail: detail, Offset: int64(offset)}
}
