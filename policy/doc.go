// SPDX-License-Identifier: Apache-2.0

// Package policy is the policies of an organisation (ISO/IEC 27001:2022, 5.2
// and 7.5; ISO/IEC 27017, 5.1): templates in our own words, the facts that they
// are filled with, texts and their versions, approval by several people, and
// which duty which paragraph satisfies.
//
// It owns the format of a text: Markdown of headings (## and ###), paragraphs,
// lists, **strong**, *em* and `code`, in which a block may end with the duties
// that it satisfies:
//
//	## Who looks
//
//	Somebody who holds no such rights reviews privileged activity every 7 days.
//	Satisfies: 12.4.3-C4
//
// What is not known stands as a question, never as an empty place:
//
//	Keys are rotated every [open question key.rotation: How often are keys rotated?].
//
// A template is such a text in which {{key.rotation}} stands for a fact, and a
// block that begins with a line @customer or @provider is for organisations that
// consume or provide cloud services. The templates and the facts lie in data/.
//
// A state is derived from what people did and never typed. An approval binds to
// the digest of what was approved; a change of the text, or of a fact that it was
// filled with, makes it void. The room reads no disk and asks no clock.
package policy
