// SPDX-License-Identifier: Apache-2.0

// Package host reads a Linux machine: the one it runs on, one over SSH, or a
// folder in which the disk or image of a machine is mounted. It reads files, and
// what the kernel tells in /proc and /sys; it starts no program of the machine
// but, over SSH, a shell that prints files. It writes nothing and judges nothing.
//
// One machine becomes one resource of kind host, and one of kind host-account
// for each account that somebody may sign in with. The raw document of the host
// holds its packages, mounts and settings as they were read, and never a
// password, its hash, or a key.
//
// A file that is not there is a fact where the absence means something (no
// sshd_config: the defaults), and a gap where it does not. A file that may not be
// read is a gap "denied"; whatever a running kernel alone can tell is a gap
// "not-in-source" of an image.
//
// Everything that is read is bounded: a file of settings at 1 MiB, a package
// database at 256 MiB, an advisory file at 1 GiB of JSON, one advisory at 4 MiB,
// and the number of files that an Include or a folder of snippets brings in at 512.
package host
