-- What Postgres 18 has and 15 has not. Loads into an empty database of Postgres 18 and of PGlite, in the schema public.

CREATE TABLE public.booking (
  room int4range NOT NULL,
  during daterange NOT NULL,
  price int CONSTRAINT "price ""must"" be" NOT NULL,
  twice int GENERATED ALWAYS AS (price * 2) VIRTUAL,
  thrice int GENERATED ALWAYS AS (price * 3),
  CONSTRAINT booked PRIMARY KEY (room, during WITHOUT OVERLAPS),
  CONSTRAINT also UNIQUE (during, room WITHOUT OVERLAPS),
  CONSTRAINT not_enforced CHECK (price > 100) NOT ENFORCED,
  CONSTRAINT enforced CHECK (price > 0)
);
CREATE TABLE public.guest (
  room int4range, during daterange, other int4range, spare int,
  CONSTRAINT stays FOREIGN KEY (room, PERIOD during) REFERENCES public.booking (room, PERIOD during),
  CONSTRAINT not_enforced FOREIGN KEY (other, PERIOD during) REFERENCES public.booking NOT ENFORCED
);
ALTER TABLE public.guest ADD CONSTRAINT late_not_null NOT NULL spare NOT VALID;
COMMENT ON COLUMN public.booking.twice IS 'virtual';

CREATE TABLE public.ancestor (a int CONSTRAINT here_only NOT NULL NO INHERIT, b int NOT NULL, c int GENERATED ALWAYS AS (b + 1) VIRTUAL);
CREATE TABLE public.heir (a int, d int CONSTRAINT own NOT NULL) INHERITS (public.ancestor);
ALTER TABLE public.heir ALTER COLUMN a SET NOT NULL;

CREATE TABLE public.counted (id bigint GENERATED ALWAYS AS IDENTITY, day date) PARTITION BY RANGE (day);
CREATE TABLE public.counted_1 PARTITION OF public.counted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE public.referring (id int PRIMARY KEY, k int) PARTITION BY HASH (id);
CREATE TABLE public.referring_0 PARTITION OF public.referring FOR VALUES WITH (MODULUS 1, REMAINDER 0);
ALTER TABLE public.referring ADD CONSTRAINT partitioned_not_valid FOREIGN KEY (k) REFERENCES public.referring NOT VALID;

CREATE DOMAIN public.needed AS int CONSTRAINT "is there" NOT NULL;
CREATE VIEW public.json_words AS SELECT JSON_OBJECT('a': price, 'b': 2 ABSENT ON NULL RETURNING jsonb) AS o, JSON_ARRAY(1, price RETURNING text) AS a, JSON('{}') AS j, JSON_SCALAR(price) AS s, JSON_SERIALIZE('{}' RETURNING bytea) AS z,
  ('{}' IS JSON OBJECT WITH UNIQUE KEYS) AS i, JSON_EXISTS(jsonb '{}', '$.a' ERROR ON ERROR) AS e, JSON_QUERY(jsonb '{}', '$.a' WITH WRAPPER) AS q, JSON_VALUE(jsonb '{}', '$.a' RETURNING int DEFAULT 3 ON EMPTY) AS v, SYSTEM_USER AS u, CURRENT_TIMESTAMP AT LOCAL AS l, any_value(price) OVER () AS w, xmlserialize(DOCUMENT '<a/>' AS text INDENT) AS x
  FROM public.booking;
CREATE VIEW public.json_aggregates AS SELECT JSON_ARRAYAGG(price ORDER BY price NULL ON NULL) AS a, JSON_OBJECTAGG(price: twice WITH UNIQUE KEYS) AS o FROM public.booking;
CREATE VIEW public.json_rows AS SELECT t.* FROM public.booking, JSON_TABLE(jsonb '[{"a":1,"b":[1]}]', '$[*]' AS root PASSING 1 AS x COLUMNS (n FOR ORDINALITY, a int PATH '$.a' DEFAULT 1 ON EMPTY, has boolean EXISTS PATH '$.b', NESTED PATH '$.b[*]' COLUMNS (b int PATH '$')) ERROR ON ERROR) AS t;
CREATE VIEW public.unnamed AS SELECT s FROM (SELECT 1 AS s);
CREATE FUNCTION public.returning_both(x int) RETURNS SETOF int LANGUAGE sql BEGIN ATOMIC
  UPDATE public.guest SET spare = x RETURNING WITH (OLD AS before, NEW AS after) before.spare, after.spare;
  MERGE INTO public.guest g USING public.booking b ON b.room = g.room WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN MATCHED THEN UPDATE SET spare = 1 RETURNING merge_action(), g.spare, old.spare;
  SELECT spare FROM public.guest;
END;
