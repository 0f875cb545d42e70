// SPDX-License-Identifier: Apache-2.0

// Package web is the door for people: one calm, server-rendered application
// over the use cases of room app. routes.go is its site map; a page is one
// .templ file with its words and one .go file that gathers what it shows.
//
// Every page answers in its first lines: what is this, why does the standard
// ask, what do I do next. The URL holds the whole view, so that a view can be
// kept, sent and opened again. Everything but passkeys, which browsers hand to
// scripts alone, works without JavaScript; the little there is adds keys, and
// makes no markup. A status is a word and a sign first and a colour last.
//
// Who is signed in gets a caller from app; every route of an organisation names
// the permission that it asks for, and app asks again in each use case. The
// owner of the disk comes in by a link that the program prints, once. Whoever
// holds no session gets no data, and who is no member of an organisation is told
// that there is none.
//
// It decides nothing about compliance, keeps nothing of its own, and asks no
// other host for anything. Every number is the one that app gave, so that a
// count on a page is the count in a paper.
package web

//go:generate go tool -modfile=../tools.mod templ generate
