// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/base64"
	"strconv"
	"strings"

	"demarc.dev/demarc/problem"
)

// Page is a part of a list, with the word that asks for the next one.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page; absent at the end"`
}

// InPage asks for a page.
type InPage struct {
	Cursor string `query:"cursor" maxLength:"400" doc:"next of the page before, unchanged; empty: from the beginning"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"the most items of a page" example:"100"`
}

// A cursor is where the page before ended, and what stood there last: what was
// added or taken away meanwhile moves nobody's place. Its form is ours alone.

func cursorOf(at int, last string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(at) + " " + last))
}

func errCursor() error {
	return problem.New(problem.Usage, "cursor: this is none", "send the next of the page before, unchanged")
}

func parseCursor(text string) (at int, last string, err error) {
	if text == "" {
		return 0, "", nil
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, "", errCursor()
	}
	number, last, ok := strings.Cut(string(data), " ")
	at, err = strconv.Atoi(number)
	if err != nil || !ok || at < 0 {
		return 0, "", errCursor()
	}
	return at, last, nil
}

// paged cuts a page out of a list; key tells one item from another.
func paged[T any](all []T, in InPage, key func(T) string) (Page[T], error) {
	at, last, err := parseCursor(in.Cursor)
	if err != nil {
		return Page[T]{}, err
	}
	if at > 0 && (at > len(all) || key(all[at-1]) != last) {
		for i, x := range all {
			if key(x) == last {
				at = i + 1
				break
			}
		}
	}
	at = min(at, len(all))
	end := min(len(all), at+in.Limit)
	page := Page[T]{Items: append([]T{}, all[at:end]...)}
	if end < len(all) {
		page.Next = cursorOf(end, key(all[end-1]))
	}
	return page, nil
}

// whole gives a list that is never null.
func whole[T any](all []T, err error) ([]T, error) { return append([]T{}, all...), err }
