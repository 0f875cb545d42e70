// SPDX-License-Identifier: Apache-2.0

package sla

import (
	"fmt"
	"math/big"
	"strings"
)

// Decimal is an exact decimal number of at most nine places after the point:
// per cent or money. It is written in text as people write it, 99.95.
type Decimal int64

const (
	places = 9
	one    = Decimal(1_000_000_000)
)

// Hundred is 100 per cent.
const Hundred = 100 * one

// ParseDecimal reads a decimal of at most nine digits before and after the
// point, without sign.
func ParseDecimal(s string) (Decimal, error) {
	whole, rest, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > places || len(rest) > places || strings.HasSuffix(s, ".") {
		return 0, fmt.Errorf("%q is no decimal number such as 99.95", short(s))
	}
	n := int64(0)
	for _, r := range whole + rest + strings.Repeat("0", places-len(rest)) {
		if r < '0' || r > '9' {
			return 0, fmt.Errorf("%q is no decimal number such as 99.95", short(s))
		}
		n = n*10 + int64(r-'0')
	}
	return Decimal(n), nil
}

func short(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// String writes the decimal without needless zeros.
func (d Decimal) String() string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	rest := strings.TrimRight(fmt.Sprintf("%09d", int64(d%one)), "0")
	if rest == "" {
		return fmt.Sprintf("%s%d", sign, int64(d/one))
	}
	return fmt.Sprintf("%s%d.%s", sign, int64(d/one), rest)
}

// MarshalText writes the decimal as String does.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Decimal) UnmarshalText(text []byte) error {
	v, err := ParseDecimal(string(text))
	*d = v
	return err
}

// Rat gives the decimal as a fraction.
func (d Decimal) Rat() *big.Rat { return big.NewRat(int64(d), int64(one)) }

// floor gives the greatest decimal of so many places that is not above a
// fraction, which is not negative.
func floor(r *big.Rat, digits int) Decimal {
	step := int64(1)
	for range digits {
		step *= 10
	}
	n := new(big.Int).Mul(r.Num(), big.NewInt(step))
	n.Quo(n, r.Denom())
	if !n.IsInt64() || n.Int64() > int64(1)<<62/(int64(one)/step) {
		return Decimal(1<<63 - 1)
	}
	return Decimal(n.Int64() * (int64(one) / step))
}
