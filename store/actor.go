// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"demarc.dev/demarc/problem"
)

const kindActorNamed = "actor.named"

// pseudonym gives the pseudonym of a person; one that the organisation has
// not met before gets a new one and an entry that says so.
func (tx *Tx) pseudonym(person Actor) (string, error) {
	if person == "" || len(person) > 256 {
		return "", problem.Newf(problem.Invalid, "an entry must say who did it, in at most 256 bytes")
	}
	if !utf8.ValidString(string(person)) || strings.Contains(string(person), "\x00") {
		return "", problem.Newf(problem.Invalid, "an entry must say who did it in UTF-8, without zero bytes")
	}
	if p, ok := tx.log.actors[person]; ok {
		return p, nil
	}
	var p string
	err := tx.q.row(tx.ctx, actorGet, []any{string(person)}, &p)
	switch {
	case err == nil:
		tx.log.actors[person] = p
		return p, nil
	case !errors.Is(err, sql.ErrNoRows):
		return "", tx.fail(err)
	}
	p = newPseudonym()
	body, err := json.Marshal(actorBody{1, p, string(person)})
	if err != nil {
		return "", fmt.Errorf("naming an actor: %w", err)
	}
	index, err := tx.add(Event{Kind: kindActorNamed, Object: "actor/" + p, Class: "actor", Body: body, Ext: "json"}, p)
	if err != nil {
		return "", err
	}
	if err := tx.exec(actorPut, string(person), p, index); err != nil {
		return "", err
	}
	tx.log.actors[person] = p
	tx.log.fresh = append(tx.log.fresh, person)
	return p, nil
}

// actorBody is the body of the entry that names an actor.
type actorBody struct {
	V         int    `json:"demarc.actor"`
	Pseudonym string `json:"id"`
	Person    string `json:"person"`
}

// newPseudonym draws 80 random bits.
func newPseudonym() string {
	var b [10]byte
	rand.Read(b[:])
	return "p-" + strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
