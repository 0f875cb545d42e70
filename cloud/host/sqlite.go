// SPDX-License-Identifier: Apache-2.0

package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// sqliteBlobs gives the blobs of the table Packages of a database of rpm in the
// file format of SQLite 3 (sqlite.org/fileformat2.html): table b-trees and
// overflow pages are all that it takes. No SQL is run on a foreign file.
func sqliteBlobs(db []byte) ([][]byte, error) {
	s := &sqliteFile{db: db}
	if len(db) < 512 || !strings.HasPrefix(string(db[:16]), "SQLite format 3\x00") {
		return nil, errors.New("it is no SQLite database")
	}
	if s.page = int(binary.BigEndian.Uint16(db[16:])); s.page == 1 {
		s.page = 65536
	}
	s.usable = s.page - int(db[20])
	if s.page < 512 || s.page&(s.page-1) != 0 || s.usable < 480 {
		return nil, errors.New("its page size makes no sense")
	}
	root := 0
	err := s.table(1, 0, func(columns []any) error {
		if len(columns) >= 4 && columns[0] == "table" && columns[1] == "Packages" {
			if n, ok := columns[3].(int64); ok {
				root = int(n)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if root == 0 {
		return nil, errors.New("it has no table of packages")
	}
	var out [][]byte
	err = s.table(root, 0, func(columns []any) error {
		if len(columns) < 2 {
			return errors.New("a row of its packages is too short")
		}
		blob, ok := columns[1].([]byte)
		if !ok {
			return errors.New("a row of its packages holds no header")
		}
		if out = append(out, blob); len(out) > maxPackages {
			return errLarge
		}
		return nil
	})
	return out, err
}

// sqliteFile is a database in memory.
type sqliteFile struct {
	db           []byte
	page, usable int
	visited      int // pages, so that a circle ends
}

var errDamaged = errors.New("it is damaged")

func (s *sqliteFile) at(number int) ([]byte, error) {
	if s.visited++; number < 1 || number > len(s.db)/s.page || s.visited > 4*(len(s.db)/s.page)+16 {
		return nil, fmt.Errorf("%w: page %d", errDamaged, number)
	}
	return s.db[(number-1)*s.page : number*s.page], nil
}

// table walks the rows of a table b-tree.
func (s *sqliteFile) table(number, depth int, row func([]any) error) error {
	page, err := s.at(number)
	if err != nil {
		return err
	}
	head := page
	if number == 1 {
		head = page[100:]
	}
	kind, cells := head[0], int(binary.BigEndian.Uint16(head[3:]))
	begin := 8
	if kind == 5 {
		begin = 12
	}
	if kind != 5 && kind != 13 || depth > 20 || begin+2*cells > len(head) {
		return fmt.Errorf("%w: page %d is no part of a table", errDamaged, number)
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(head[begin+2*i:]))
		if at+4 > len(page) {
			return fmt.Errorf("%w: a cell of page %d", errDamaged, number)
		}
		if kind == 5 {
			err = s.table(int(binary.BigEndian.Uint32(page[at:])), depth+1, row)
		} else {
			err = s.leaf(page[at:], row)
		}
		if err != nil {
			return err
		}
	}
	if kind == 5 {
		return s.table(int(binary.BigEndian.Uint32(head[8:])), depth+1, row)
	}
	return nil
}

// leaf reads one row: its length, its id, and its record, of which the end may
// lie in overflow pages.
func (s *sqliteFile) leaf(cell []byte, row func([]any) error) error {
	length, n := varint(cell)
	_, m := varint(cell[n:])
	if n == 0 || m == 0 || length < 0 || length > int64(len(s.db)) {
		return fmt.Errorf("%w: a row", errDamaged)
	}
	cell = cell[n+m:]
	local := int(length)
	if most := s.usable - 35; local > most {
		least := (s.usable-12)*32/255 - 23
		if local = least + (int(length)-least)%(s.usable-4); local > most {
			local = least
		}
	}
	if local > len(cell) {
		return fmt.Errorf("%w: a row is cut off", errDamaged)
	}
	record := cell[:local]
	if local < int(length) {
		if local+4 > len(cell) {
			return fmt.Errorf("%w: a row is cut off", errDamaged)
		}
		record = append(make([]byte, 0, length), record...)
		for next := int(binary.BigEndian.Uint32(cell[local:])); len(record) < int(length); {
			page, err := s.at(next)
			if err != nil {
				return err
			}
			record = append(record, page[4:4+min(s.usable-4, int(length)-len(record))]...)
			next = int(binary.BigEndian.Uint32(page))
		}
	}
	columns, err := sqliteRecord(record)
	if err != nil {
		return err
	}
	return row(columns)
}

// sqliteRecord reads the values of a row: nil, int64, string, []byte; a number
// with a fraction is nil too, for nothing asks for one.
func sqliteRecord(record []byte) ([]any, error) {
	size, n := varint(record)
	if n == 0 || size < int64(n) || size > int64(len(record)) {
		return nil, fmt.Errorf("%w: the head of a row", errDamaged)
	}
	head, body := record[n:size], record[size:]
	var out []any
	for len(head) > 0 && len(out) < 64 {
		kind, n := varint(head)
		if n == 0 || kind < 0 {
			return nil, fmt.Errorf("%w: a column", errDamaged)
		}
		head = head[n:]
		length := 0
		switch {
		case kind <= 4:
			length = int(kind)
		case kind <= 7:
			length = [...]int{6, 8, 8}[kind-5]
		case kind >= 12:
			length = int((kind - 12) / 2)
		}
		if length > len(body) {
			return nil, fmt.Errorf("%w: a column is cut off", errDamaged)
		}
		out = append(out, sqliteValue(kind, body[:length]))
		body = body[length:]
	}
	return out, nil
}

func sqliteValue(kind int64, data []byte) any {
	switch {
	case kind == 8 || kind == 9:
		return kind - 8
	case kind >= 1 && kind <= 6:
		value := int64(int8(data[0]))
		for _, b := range data[1:] {
			value = value<<8 | int64(b)
		}
		return value
	case kind >= 12 && kind%2 == 0:
		return data
	case kind >= 13:
		return string(data)
	}
	return nil
}

// varint reads SQLite's numbers of one to nine bytes; n is 0 where none is.
func varint(b []byte) (value int64, n int) {
	for n = 0; n < len(b) && n < 9; n++ {
		if n == 8 {
			return value<<8 | int64(b[n]), 9
		}
		value = value<<7 | int64(b[n]&0x7f)
		if b[n] < 0x80 {
			return value, n + 1
		}
	}
	return 0, 0
}
