CREATE SCHEMA "Odd ""Schema""";
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'very "happy"');
CREATE TYPE place AS (street text, number int, moods mood[]);
CREATE TYPE floats AS RANGE (subtype = float8);
CREATE DOMAIN positive AS int CHECK (VALUE > 100) CHECK (VALUE < 200) NOT NULL;
CREATE DOMAIN code AS varchar(8) CHECK (VALUE ~ '^[A-Z]{2}-\d{3}$');

CREATE TABLE every_type (
  id bigserial PRIMARY KEY,
  a smallint, b int, c bigint, d numeric(12,4), e numeric, f real, g double precision, h money, i numeric(3,3),
  j text, k varchar(300), l varchar(3), m char(10), o bool, p "char", q name,
  r timestamp, s timestamptz, t timestamp(3), u timestamptz(0), v date, w time, x time(2) with time zone, y interval,
  z interval second(3), aa uuid, ab json, ac jsonb, ad bytea, ae inet, af cidr, ag macaddr, ah macaddr8, ai bit(5),
  aj varbit(7), ak int4range, al numrange, am tstzrange, an floats, ao daterange, ap point, aq line, ar lseg, "as" box,
  at path, au polygon, av circle, aw tsvector, ax tsquery, ay oid, az regclass, ba pg_lsn, bb jsonpath, be mood, bf mood[], bg text[], bh place, bi place[], bj positive, bk code, bl code[], bm box[], bn numeric(6,2)[],
  bo timestamptz(3)[], bp xid8
);
CREATE TABLE nothing ();
CREATE TABLE only_server (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, twice int GENERATED ALWAYS AS (2) STORED);
CREATE TABLE uuids (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamptz NOT NULL DEFAULT now());

CREATE TABLE "Odd ""Schema"""."Tenant's" ("Id" text PRIMARY KEY, name varchar(20) NOT NULL UNIQUE);
CREATE TABLE account (
  tenant text NOT NULL REFERENCES "Odd ""Schema"""."Tenant's",
  id int NOT NULL,
  email text NOT NULL,
  chief int,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, chief) REFERENCES account
);
CREATE UNIQUE INDEX ON account (lower(email));
CREATE UNIQUE INDEX ON account (tenant) WHERE chief IS NULL AND id < 0;
CREATE TABLE membership (
  tenant text NOT NULL, member int NOT NULL, other int,
  role mood NOT NULL DEFAULT 'sad', active bool NOT NULL,
  PRIMARY KEY (role, active),
  FOREIGN KEY (tenant, member) REFERENCES account, FOREIGN KEY (tenant, other) REFERENCES account MATCH SIMPLE
);
CREATE TABLE profile (tenant text, member int, PRIMARY KEY (tenant, member), FOREIGN KEY (tenant, member) REFERENCES account);

CREATE TABLE ring_a (id serial PRIMARY KEY, b int);
CREATE TABLE ring_b (id serial PRIMARY KEY, a int NOT NULL REFERENCES ring_a);
ALTER TABLE ring_a ADD FOREIGN KEY (b) REFERENCES ring_b;
CREATE TABLE own (id serial PRIMARY KEY, self int NOT NULL REFERENCES own);
CREATE TABLE own_always (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, self int NOT NULL REFERENCES own_always);

CREATE TABLE checked (
  id int PRIMARY KEY CHECK (id > 5),
  status text NOT NULL CHECK (status IN ('open', 'closed', 'it''s')),
  grade int NOT NULL CHECK (grade BETWEEN 1 AND 5),
  share numeric(5,4) NOT NULL CHECK (share > 0 AND share < 1),
  slug varchar(40) NOT NULL CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$') CHECK (length(slug) >= 3),
  country char(2) NOT NULL CHECK (country = upper(country)),
  url text CHECK (url LIKE 'https://%'),
  starts date NOT NULL, ends date NOT NULL CHECK (ends > starts),
  person int REFERENCES ring_a, team int REFERENCES ring_b,
  CHECK (num_nonnulls(person, team) = 1),
  detail jsonb NOT NULL CHECK (jsonb_typeof(detail) = 'object'),
  tags text[] NOT NULL CHECK (cardinality(tags) > 0),
  total int GENERATED ALWAYS AS (grade * 2) STORED CHECK (total < 100)
);
CREATE TABLE singleton (id bool PRIMARY KEY DEFAULT true CHECK (id), value text);
CREATE TABLE booking (during tstzrange NOT NULL, EXCLUDE USING gist (during WITH &&));

CREATE TABLE event (id int NOT NULL, at timestamptz NOT NULL, kind text NOT NULL, UNIQUE (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2021-02-01') PARTITION BY LIST (kind);
CREATE TABLE event_new_a PARTITION OF event_new FOR VALUES IN ('a', 'b');
CREATE TABLE hashed (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (modulus 2, remainder 1);
CREATE TABLE parent (id serial PRIMARY KEY, a text);
CREATE TABLE child (b text) INHERITS (parent);

CREATE TABLE audit (id serial PRIMARY KEY, said text NOT NULL);
CREATE TABLE watched (id int PRIMARY KEY, ring int REFERENCES ring_a);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE ruled (id int PRIMARY KEY);
CREATE RULE instead AS ON INSERT TO ruled DO INSTEAD INSERT INTO audit (said) VALUES ('ruled');
CREATE TABLE secret (id int PRIMARY KEY);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE secret FORCE ROW LEVEL SECURITY;
