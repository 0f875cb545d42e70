// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/types"
)

// The bounds of cost, in CEL's units (about one step of evaluation each).
const (
	// costLimit is the most that an expression may cost with the sizes below:
	// one walk over a join with a busy body passes, a join in a join does not.
	costLimit = 20_000_000
	// guardLimit is the most that a user's check may really cost for one
	// resource. It is watched for checks that join only: the cost of the others
	// is bounded by the size of the resource.
	guardLimit = 2_000_000

	assumedJoin = 50_000 // resources of one kind
	assumedList = 1_000  // elements of an attribute: rules of a firewall, say
	assumedText = 1_000  // characters
	assumedMap  = 100    // tags
)

// sizes tells CEL's estimator how large things may be.
type sizes struct{}

// EstimateSize is part of checker.CostEstimator.
func (sizes) EstimateSize(node checker.AstNode) *checker.SizeEstimate {
	most := uint64(assumedText)
	switch node.Type().Kind() {
	case types.ListKind:
		most = assumedList
	case types.MapKind:
		most = assumedMap
	}
	return &checker.SizeEstimate{Max: most}
}

// EstimateCallCost is part of checker.CostEstimator.
func (sizes) EstimateCallCost(function, _ string, _ *checker.AstNode, _ []checker.AstNode) *checker.CallEstimate {
	estimate := func(most, size uint64) *checker.CallEstimate {
		return &checker.CallEstimate{CostEstimate: checker.CostEstimate{Min: 1, Max: most}, ResultSize: &checker.SizeEstimate{Max: size}}
	}
	switch {
	case strings.HasPrefix(function, "@") && strings.Contains(function, ":"):
		return estimate(10, assumedJoin)
	case strings.HasPrefix(function, memberAlways):
		return &checker.CallEstimate{CostEstimate: checker.CostEstimate{Min: 1, Max: 1}}
	case function == "opens", function == "opens_all":
		return estimate(10, 1)
	case function == "@tag", function == "@has_tag":
		return estimate(10, assumedText)
	}
	return nil
}

// boundCost refuses an expression that may cost too much.
func boundCost(env *cel.Env, checked *cel.Ast) error {
	cost, err := env.EstimateCost(checked, sizes{})
	if err != nil {
		return fmt.Errorf("its cost cannot be estimated: %w", err)
	}
	if cost.Max > costLimit {
		return fmt.Errorf("it may cost %d steps for one resource, more than %d", cost.Max, costLimit)
	}
	return nil
}
