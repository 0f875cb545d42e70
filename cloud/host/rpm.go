// SPDX-License-Identifier: Apache-2.0

package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The header of a package in the database of rpm: the number of its entries and
// the length of its store, big-endian; an entry is tag, type, offset and count.
const (
	rpmName      = 1000
	rpmVersion   = 1001
	rpmRelease   = 1002
	rpmEpoch     = 1003
	rpmArch      = 1022
	rpmSource    = 1044
	rpmInt32     = 4
	rpmString    = 6
	maxRPMEntry  = 1 << 16
	maxRPMHeader = 64 << 20
)

// parseRPM reads the header of one package.
func parseRPM(blob []byte) (p installed, err error) {
	if len(blob) < 8 || len(blob) > maxRPMHeader {
		return p, errors.New("its header has no sensible length")
	}
	entries, length := binary.BigEndian.Uint32(blob), binary.BigEndian.Uint32(blob[4:])
	if entries > maxRPMEntry || int64(len(blob)) < 8+16*int64(entries)+int64(length) {
		return p, errors.New("its header is cut off")
	}
	index, store := blob[8:8+16*entries], blob[8+16*entries:8+16*int64(entries)+int64(length)]
	var version, release, epoch, source string
	for ; len(index) > 0; index = index[16:] {
		tag, kind, at := binary.BigEndian.Uint32(index), binary.BigEndian.Uint32(index[4:]), binary.BigEndian.Uint32(index[8:])
		if int64(at) >= int64(len(store)) {
			continue
		}
		value := ""
		switch {
		case kind == rpmString:
			value, _, _ = strings.Cut(string(store[at:min(int(at)+1024, len(store))]), "\x00")
		case kind == rpmInt32 && int(at)+4 <= len(store):
			value = strconv.FormatUint(uint64(binary.BigEndian.Uint32(store[at:])), 10)
		default:
			continue
		}
		switch tag {
		case rpmName:
			p.name = value
		case rpmVersion:
			version = value
		case rpmRelease:
			release = value
		case rpmEpoch:
			epoch = value
		case rpmArch:
			p.arch = value
		case rpmSource:
			source = value
		}
	}
	if p.name == "" || version == "" {
		return p, errors.New("its header names no package")
	}
	p.version = version + "-" + release
	if epoch != "" && epoch != "0" {
		p.version = epoch + ":" + p.version
	}
	p.source, p.sourceVersion = sourceOf(source, p), p.version
	return p, nil
}

// sourceOf gives the name in "bash-5.1.8-6.el9.src.rpm".
func sourceOf(file string, p installed) string {
	name, ok := strings.CutSuffix(strings.TrimSuffix(file, ".nosrc.rpm"), ".src.rpm")
	for range 2 {
		i := strings.LastIndexByte(name, '-')
		if i < 0 {
			ok = false
			break
		}
		name = name[:i]
	}
	if !ok {
		return p.name
	}
	return name
}

// ndbBlobs gives the headers in a Packages.db of rpm's own form, which SUSE uses:
// pages of slots at the front, each naming where the blob of a package lies, in
// blocks of 16 bytes.
func ndbBlobs(db []byte) ([][]byte, error) {
	const slotMagic, blobMagic, page, slot = 'S' | 'l'<<8 | 'o'<<16 | 't'<<24, 'B' | 'l'<<8 | 'b'<<16 | 'S'<<24, 4096, 16
	if len(db) < 32 || string(db[:4]) != "RpmP" {
		return nil, errors.New("it is no database of rpm")
	}
	end := int64(binary.LittleEndian.Uint32(db[12:])) * page
	if end <= 0 || end > int64(len(db)) {
		return nil, errors.New("it is cut off")
	}
	var out [][]byte
	for at := int64(2 * slot); at+slot <= end; at += slot {
		s := db[at:]
		if binary.LittleEndian.Uint32(s) != slotMagic {
			return nil, fmt.Errorf("the slot at %d is damaged", at)
		}
		if binary.LittleEndian.Uint32(s[4:]) == 0 {
			continue // free
		}
		begin := int64(binary.LittleEndian.Uint32(s[8:])) * 16
		if begin+16 > int64(len(db)) || binary.LittleEndian.Uint32(db[begin:]) != blobMagic {
			return nil, fmt.Errorf("the package of the slot at %d is not there", at)
		}
		length := int64(binary.LittleEndian.Uint32(db[begin+12:]))
		if begin+16+length > int64(len(db)) {
			return nil, fmt.Errorf("the package of the slot at %d is cut off", at)
		}
		if out = append(out, db[begin+16:begin+16+length]); len(out) > maxPackages {
			return nil, errLarge
		}
	}
	return out, nil
}

// oldBlobs refuses the Berkeley DB of releases before 2020.
func oldBlobs([]byte) ([][]byte, error) {
	return nil, errors.New("it is a Berkeley DB, as rpm kept its packages before 2020, which is not read")
}
