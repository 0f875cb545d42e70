// SPDX-License-Identifier: Apache-2.0

// Package job runs work in the background, for many organisations, on one
// machine (SQLite, the file jobs.db) or on several replicas (PostgreSQL, the
// schema demarc_job), with one code.
//
// The table job is the truth: a job waits, runs, and ends done, failed or
// cancelled. River, the engine below, carries only wake-ups: a durable "there
// is work", told to a free worker of any replica. A worker that wakes takes
// the job that is next in fairness (the organisation with the fewest running,
// then the one that was served longest ago, then the oldest job) and goes on
// until nothing waits. So a wake-up that is lost or comes twice does no harm,
// and nothing of a customer stands in the engine's tables or logs.
//
// A running job is leased: its worker renews the lease while it lives. A lease
// that has run out is taken back by any replica, and the job runs again. Each
// taking draws a new token, and what a worker reports counts only with the
// token of the present taking: one that was paused and woke up late reports
// into the void. A handler may therefore run twice, in part even at the same
// time, and must be idempotent; its outcome is recorded once.
//
// All times of jobs are the database's clock; schedules alone ask Options.Now.
//
// The package never reads a job of one organisation for another, never logs
// arguments, and never shows the text of an internal error to a person.
package job
