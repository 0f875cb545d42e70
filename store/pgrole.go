// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// appGrants is what the program needs, and no more: entries and tiles are only
// added to, and only a body that is erased is changed.
const appGrants = `
	GRANT SELECT, INSERT ON org, leaf TO ` + appRole + `;
	GRANT SELECT, INSERT, UPDATE ON tile, head, body TO ` + appRole + `;
	GRANT SELECT, INSERT, DELETE ON actor TO ` + appRole + `;
	GRANT SELECT, INSERT, UPDATE, DELETE ON record, memo TO ` + appRole + `;
	GRANT SELECT ON goose_db_version TO ` + appRole

// roleState is what the role that signed in may do.
type roleState struct {
	user           string
	canMake, there bool // appRole
	member, owner  bool
	granted        bool
}

const roleQuery = `SELECT current_user, r.rolsuper OR r.rolcreaterole, a.oid IS NOT NULL,
	coalesce(pg_has_role(current_user, a.oid, 'MEMBER'), false),
	coalesce((SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('leaf')), false),
	coalesce(has_schema_privilege(a.oid, current_schema(), 'USAGE') AND has_table_privilege(a.oid, 'record', 'DELETE')
		AND has_table_privilege(a.oid, 'memo', 'DELETE')
		AND has_table_privilege(a.oid, 'goose_db_version', 'SELECT'), false)
	FROM pg_roles r LEFT JOIN pg_roles a ON a.rolname = '` + appRole + `' WHERE r.rolname = current_user`

func (e *postgres) roleState(ctx context.Context, conn *pgx.Conn) (s roleState, err error) {
	err = conn.QueryRow(ctx, roleQuery).Scan(&s.user, &s.canMake, &s.there, &s.member, &s.owner, &s.granted)
	return s, err
}

// chooseRole lets the connections work as appRole when the role that signs in
// may, making it first when that is allowed; as the one that signs in
// otherwise.
func (e *postgres) chooseRole(ctx context.Context, conn *pgx.Conn) error {
	for tries := 0; ; tries++ {
		s, err := e.roleState(ctx, conn)
		if err != nil {
			return err
		}
		if s.member && s.granted {
			e.config.ConnConfig.RuntimeParams["role"] = appRole
			return nil
		}
		if e.s.readOnly || !s.owner || !s.member && !s.canMake {
			return nil
		}
		// The roles belong to the whole server, so another database may make
		// the same one at this moment: look again then.
		err = e.makeRole(ctx, conn, s)
		switch code := pgCode(err); {
		case code == "42501": // not allowed after all
			return nil
		case err != nil && (tries == 20 || code != "42710" && code != "23505" && code != "XX000"):
			return err
		case err != nil:
			time.Sleep(time.Duration(tries) * 5 * time.Millisecond)
		}
	}
}

func (e *postgres) makeRole(ctx context.Context, conn *pgx.Conn, s roleState) error {
	var do []string
	if !s.there {
		do = append(do, `CREATE ROLE `+appRole+` NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS`)
	}
	if !s.member {
		do = append(do, `GRANT `+appRole+` TO `+pgx.Identifier{s.user}.Sanitize())
	}
	if !s.granted {
		do = append(do, `DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO `+appRole+`', current_schema()); END $$`, appGrants)
	}
	for _, text := range do {
		if _, err := conn.Exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}
