// SPDX-License-Identifier: Apache-2.0

// Package web is the door for people: one calm, server-rendered application
// over the use cases of room app. routes.go is its site map; a page is one
// .templ file with its words and one .go file that gathers what it shows.
//
// Every page answers in its first lines: what is this, why does the standard
// ask, what do I do next. The URL holds the whole view, so that a view can be
// kept, sent and opened again. Everything works without JavaScript; there is
// none. A status is a word and a sign first and a colour last.
//
// It serves one person on one machine. A link that works once opens a session
// that lives in memory; whoever holds no session gets no data. There are no
// accounts and no roles, and none are shown.
//
// It decides nothing about compliance, keeps nothing of its own, and asks no
// other host for anything. Every number is the one that app gave, so that a
// count on a page is the count in a paper.
package web

//go:generate go tool -modfile=../tools.mod templ generate
