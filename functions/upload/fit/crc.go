package fit

import "encoding/binary"

// crcTables hold the FIT checksum (CRC-16, polynomial 0x8005 reflected) of a
// byte that is followed by 0 to 7 zero bytes, so that eight bytes take one step.
var crcTables = makeCRCTables()

func makeCRCTables() *[8][256]uint16 {
	const reflected = 0xA001
	t := new([8][256]uint16)
	for i := range t[0] {
		c := uint16(i)
		for range 8 {
			if c&1 == 1 {
				c = c>>1 ^ reflected
			} else {
				c >>= 1
			}
		}
		t[0][i] = c
	}
	for n := 1; n < len(t); n++ {
		for i := range t[n] {
			c := t[n-1][i]
			t[n][i] = c>>8 ^ t[0][c&0xFF]
		}
	}
	return t
}

// checksum is the FIT checksum of b.
func checksum(b []byte) uint16 {
	t := crcTables
	var c uint16
	for len(b) >= 8 {
		v := binary.LittleEndian.Uint64(b) ^ uint64(c)
		c = t[7][v&0xFF] ^ t[6][v>>8&0xFF] ^ t[5][v>>16&0xFF] ^ t[4][v>>24&0xFF] ^
			t[3][v>>32&0xFF] ^ t[2][v>>40&0xFF] ^ t[1][v>>48&0xFF] ^ t[0][v>>56]
		b = b[8:]
	}
	for _, x := range b {
		c = c>>8 ^ t[0][byte(c)^x]
	}
	return c
}
