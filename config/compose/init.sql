-- The official image runs this once, through psql as the superuser, when the database's volume is empty.
\set ON_ERROR_STOP on
\set app_password `cat /run/secrets/app_password`
\set portcullis_password `cat /run/secrets/portcullis_password`

-- An ordinary role for the application: the gateway lets no superuser in.
CREATE ROLE app LOGIN PASSWORD :'app_password';
CREATE DATABASE app OWNER app;

-- The gateway's own role reads verifiers, in a database whose owner is no application.
CREATE ROLE portcullis LOGIN PASSWORD :'portcullis_password';
\connect postgres
GRANT SELECT (rolname, rolpassword, rolcanlogin, rolsuper, rolreplication, rolvaliduntil)
  ON pg_catalog.pg_authid TO portcullis;
