// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// rootHome is where root lives, everywhere.
const rootHome = "/root"

// guarded are files with the most that their mode may allow. All belong to root.
var guarded = []struct {
	pattern string
	most    fs.FileMode
}{
	{"/etc/passwd", 0o644}, {"/etc/passwd-", 0o644}, {"/etc/group", 0o644}, {"/etc/shadow", 0o640}, {"/etc/shadow-", 0o640}, {"/etc/gshadow", 0o640}, {"/etc/sudoers", 0o440},
	{"/etc/sudoers.d", 0o755}, {"/etc/ssh/sshd_config", 0o644}, {"/etc/ssh/ssh_host_*_key", 0o640}, {"/etc/crontab", 0o644}, {"/etc/cron.d", 0o755}, {"/etc/cron.daily", 0o755},
	{"/etc/cron.hourly", 0o755}, {"/etc/cron.weekly", 0o755}, {"/etc/cron.monthly", 0o755}, {"/etc/cron.d/*", 0o755}, {"/etc/ld.so.preload", 0o644}, {"/etc/profile", 0o644}, {"/etc/pam.d", 0o755},
	{"/etc/audit/audit.rules", 0o640}, {"/boot/grub/grub.cfg", 0o644}, {"/boot/grub2/grub.cfg", 0o644}, {"/etc/crypttab", 0o644}, {rootHome, 0o750}, {rootHome + "/.ssh", 0o700}, {rootHome + "/.ssh/authorized_keys", 0o644},
}

// readFiles compares owner and mode of the files on which the rest depends.
// Execution of sudoers and the like is no danger, so only read and write count.
func (m *machine) readFiles() {
	var weak []string
	for _, g := range guarded {
		files, err := m.glob(g.pattern)
		if err != nil {
			m.miss(err, "weak_files")
			return
		}
		for _, f := range files {
			m.calls++
			s, err := m.stat(f)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				m.miss(&pathError{f, err}, "weak_files")
				return
			}
			beyond := s.mode.Perm() &^ g.most & 0o066
			if strings.HasPrefix(f, "/etc/sudoers") && s.mode.IsRegular() {
				beyond &^= 0o200
			}
			if beyond != 0 || s.uid > 0 {
				weak = append(weak, fmt.Sprintf("%s %04o user %d", f, s.mode.Perm(), s.uid))
			}
		}
	}
	m.set("weak_files", weak, nil)
}
