// SPDX-License-Identifier: Apache-2.0

package privilege

// way is a way from a node: the moves to take, and the node that they lead to;
// -1 where they make the node itself an administrator.
type way struct {
	from, to int
	moves    []*move
}

// graph is what solve needs to know of a plane.
type graph struct {
	size int
	// start gives the distance of each node that needs no way: an administrator.
	start map[int]int
	// into yields the ways that lead into a node, of nodes that are still open.
	// A way of k moves counts k steps.
	into func(to int, open func(int) bool, yield func(way))
	// made yields the ways of n moves with which open nodes make themselves
	// administrators.
	made func(n int, open func(int) bool, yield func(way))
}

// longest is the most moves of one way.
const longest = 2

// found is the shortest way of each node; dist is -1 where there is none.
type found struct {
	dist []int
	next []way
}

// solve finds the shortest paths to administrators, backwards and level by
// level. Of equally short ones the first stands, so equal graphs give equal
// paths.
func solve(g graph) *found {
	f := &found{dist: make([]int, g.size), next: make([]way, g.size)}
	for i := range f.dist {
		f.dist[i] = -1
	}
	levels := [][]way{}
	propose := func(at int, x way) {
		for len(levels) <= at {
			levels = append(levels, nil)
		}
		levels[at] = append(levels[at], x)
	}
	last := 0
	starts := map[int][]int{}
	for i := range g.size {
		if d, ok := g.start[i]; ok {
			starts[d] = append(starts[d], i)
			last = max(last, d)
		}
	}
	open := func(i int) bool { return f.dist[i] < 0 }
	for d := 0; d <= max(last, len(levels)-1, longest); d++ {
		if d > 0 && d <= longest {
			g.made(d, open, func(x way) { propose(d, x) })
		}
		fresh := []int{}
		for _, i := range starts[d] {
			if open(i) {
				f.dist[i], f.next[i] = d, way{from: i, to: -1}
				fresh = append(fresh, i)
			}
		}
		if d < len(levels) {
			for _, x := range levels[d] {
				if open(x.from) {
					f.dist[x.from], f.next[x.from] = d, x
					fresh = append(fresh, x.from)
				}
			}
		}
		for _, i := range fresh {
			g.into(i, open, func(x way) { propose(d+len(x.moves), x) })
		}
	}
	return f
}
