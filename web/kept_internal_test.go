// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestKept(t *testing.T) {
	ctx := t.Context()
	t.Run("OnceForMany", func(t *testing.T) {
		var k kept[int]
		var made atomic.Int32
		begun := make(chan struct{})
		var group sync.WaitGroup
		for range 16 {
			group.Go(func() {
				v, err := k.get(ctx, "a", func() (int, error) { made.Add(1); <-begun; return 7, nil })
				if v != 7 || err != nil {
					t.Errorf("%d, %v", v, err)
				}
			})
		}
		if v, err := k.get(ctx, "b", func() (int, error) { return 8, nil }); v != 8 || err != nil { // waits for no other key
			t.Errorf("%d, %v", v, err)
		}
		close(begun)
		group.Wait()
		if made.Load() != 1 {
			t.Errorf("made %d times", made.Load())
		}
	})
	t.Run("TheOldestGo", func(t *testing.T) {
		k := kept[int]{most: 10, weigh: func(v int) int { return v }}
		made := map[string]int{}
		get := func(key string, weight int) {
			if v, err := k.get(ctx, key, func() (int, error) { made[key]++; return weight, nil }); v != weight || err != nil {
				t.Errorf("%s: %d, %v", key, v, err)
			}
		}
		get("a", 4)
		get("b", 4)
		get("a", 4) // used again, so b is the oldest
		get("c", 4)
		get("a", 4)
		get("b", 4)
		get("large", 50)
		get("large", 50)
		if made["a"] != 1 || made["b"] != 2 || made["c"] != 1 || made["large"] != 1 || k.held != 50 || len(k.values) != 1 {
			t.Errorf("made %v, %d held by %d values", made, k.held, len(k.values))
		}
	})
	t.Run("WhoDoesNotWait", func(t *testing.T) {
		var k kept[int]
		began, let := make(chan struct{}), make(chan struct{})
		slow := func(context.Context) (int, error) { close(began); <-let; return 9, nil }
		if v, ready, err := k.soon(ctx, "a", 0, slow); v != 0 || ready || err != nil {
			t.Errorf("%d, %v, %v while it is being made", v, ready, err)
		}
		<-began
		close(let)
		if v, err := k.get(ctx, "a", func() (int, error) { t.Error("made again"); return 0, nil }); v != 9 || err != nil {
			t.Errorf("%d, %v", v, err)
		}
		if v, ready, err := k.soon(ctx, "a", time.Hour, slow); v != 9 || !ready || err != nil {
			t.Errorf("%d, %v, %v when it is there", v, ready, err)
		}
		if _, ready, err := k.soon(ctx, "b", time.Hour, func(context.Context) (int, error) { panic("no") }); ready || err == nil {
			t.Errorf("a panic: %v, %v", ready, err)
		}
	})
	t.Run("ErrorsAreNotKept", func(t *testing.T) {
		var k kept[int]
		if _, err := k.get(ctx, "a", func() (int, error) { return 0, errors.New("no") }); err == nil {
			t.Error("no error")
		}
		func() {
			defer func() { _ = recover() }()
			_, _ = k.get(ctx, "a", func() (int, error) { panic("no") })
		}()
		if v, err := k.get(ctx, "a", func() (int, error) { return 1, nil }); v != 1 || err != nil {
			t.Errorf("%d, %v", v, err)
		}
	})
	t.Run("AnotherLeft", func(t *testing.T) {
		var k kept[int]
		began, left := make(chan struct{}), make(chan struct{})
		go func() {
			_, _ = k.get(ctx, "a", func() (int, error) { close(began); <-left; return 0, context.Canceled })
		}()
		<-began
		waiting := make(chan int)
		go func() {
			v, err := k.get(ctx, "a", func() (int, error) { return 5, nil })
			if err != nil {
				t.Error(err)
			}
			waiting <- v
		}()
		close(left)
		if v := <-waiting; v != 5 {
			t.Errorf("%d", v)
		}
	})
}
