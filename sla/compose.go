// SPDX-License-Identifier: Apache-2.0

package sla

import (
	"fmt"
	"math/big"
	"strings"

	"demarc.dev/demarc/problem"
)

// Composed is the availability of services that need each other.
type Composed struct {
	Availability Decimal  `json:"availability"` // per cent, rounded down to nine places
	Parts        []string `json:"parts"`        // what it was reckoned from, in order
	Down         int      `json:"down"`         // seconds of 30 days that it may be down, rounded up
}

// Independence stands wherever a composed availability is shown.
const Independence = "It holds when the parts fail independently of each other. Parts in one region, on one network or behind one sign-on do not: the true value is lower."

// maxParts bounds an expression.
const maxParts = 100

// Compose reckons the availability of services in series and beside each other:
// "99.95 * (99.5 | 99.5)" needs the first and one of the other two. A part is a
// percentage, or a name that names knows; * binds stronger than |.
func Compose(expression string, names map[string]Decimal) (Composed, error) {
	p := &composer{rest: expression, names: names}
	v, err := p.any(0)
	if err == nil && p.skip() != "" {
		err = p.wrong("* or |")
	}
	if err != nil {
		return Composed{}, err
	}
	out := Composed{Parts: p.parts, Availability: floor(new(big.Rat).Mul(v, big.NewRat(100, 1)), places)}
	down := new(big.Rat).Sub(big.NewRat(1, 1), v)
	down.Mul(down, big.NewRat(30*86400, 1))
	n := new(big.Int).Quo(new(big.Int).Add(down.Num(), new(big.Int).Sub(down.Denom(), big.NewInt(1))), down.Denom())
	out.Down = int(n.Int64())
	return out, nil
}

type composer struct {
	rest  string
	names map[string]Decimal
	parts []string
}

func (p *composer) skip() string {
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")
	return p.rest
}

func (p *composer) wrong(wanted string) error {
	at := "the end"
	if r := p.skip(); r != "" {
		at = fmt.Sprintf("%q", short(r))
	}
	return problem.New(problem.Invalid, "at "+at+" "+wanted+" is expected", `write it as "99.95 * (99.5 | 99.5)": * for what is needed too, | for what stands in`)
}

// any is one of several that stand in for each other: 1 − ∏(1 − a).
func (p *composer) any(depth int) (*big.Rat, error) {
	if depth > 20 {
		return nil, problem.New(problem.Invalid, "the brackets lie too deep", "use fewer")
	}
	v, err := p.all(depth)
	one := big.NewRat(1, 1)
	for err == nil && strings.HasPrefix(p.skip(), "|") {
		p.rest = p.rest[1:]
		var w *big.Rat
		if w, err = p.all(depth); err == nil {
			down := new(big.Rat).Mul(new(big.Rat).Sub(one, v), new(big.Rat).Sub(one, w))
			v = down.Sub(one, down)
		}
	}
	return v, err
}

// all is several that are needed together: ∏ a.
func (p *composer) all(depth int) (*big.Rat, error) {
	v, err := p.part(depth)
	for err == nil && strings.HasPrefix(p.skip(), "*") {
		p.rest = p.rest[1:]
		var w *big.Rat
		if w, err = p.part(depth); err == nil {
			v = new(big.Rat).Mul(v, w)
		}
	}
	return v, err
}

func (p *composer) part(depth int) (*big.Rat, error) {
	if strings.HasPrefix(p.skip(), "(") {
		p.rest = p.rest[1:]
		v, err := p.any(depth + 1)
		if err == nil && !strings.HasPrefix(p.skip(), ")") {
			return nil, p.wrong("a closing bracket")
		}
		if err == nil {
			p.rest = p.rest[1:]
		}
		return v, err
	}
	n := strings.IndexAny(p.rest+" ", "*|() \t\r\n")
	word := strings.TrimSuffix(p.rest[:n], "%")
	if len(p.parts) == maxParts {
		return nil, problem.Newf(problem.Invalid, "there are more than %d parts", maxParts).WithHint("compose them in two steps")
	}
	d, named := p.names[word]
	if !named {
		var err error
		if d, err = ParseDecimal(word); err != nil || d > Hundred || word == "" {
			return nil, p.wrong("a percentage or the id of a service level")
		}
	}
	p.rest = p.rest[n:]
	p.rest = strings.TrimPrefix(strings.TrimLeft(p.rest, " "), "%")
	label := d.String() + " %"
	if named {
		label = word + " " + label
	}
	p.parts = append(p.parts, label)
	return new(big.Rat).Quo(d.Rat(), big.NewRat(100, 1)), nil
}
