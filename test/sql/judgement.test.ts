import t from 'tap';
import { unrated } from '../../src/passwords/rating.ts';
import { judge, MAX_PASSWORDS } from '../../src/sql/judgement.ts';
import { corpus } from './corpus.ts';
import { ASSESSORS, RULES, STRONG, verdictOn, WEAK } from './judged.ts';

t.test('Every statement of the corpus has its verdict.', async (t) => {
  const all = corpus();
  t.ok(all.length >= 200, `${all.length} statements`);
  const wrong: string[] = [];
  for (const [sql, verdict] of all) {
    const found = await verdictOn(sql);
    if (found !== verdict) wrong.push(`${found}, not ${verdict}: ${sql.slice(-200)}`);
  }
  t.strictSame(wrong, []);
});

t.test('Hashes pass where the branch says so, but not what only may be one.', async (t) => {
  const allow = { rules: { prehashed: 'allow' } } as const;
  const pass = corpus().filter(([, verdict]) => verdict === 'hashed');
  const verdicts = await Promise.all(pass.map(([sql]) => verdictOn(sql, allow)));
  t.strictSame(verdicts, ['pass', 'pass', 'hashed', 'hashed', 'hashed', 'hashed', 'hashed']);
});

t.test('Other encodings than UTF-8 are refused: where a literal ends cannot be told.', async (t) => {
  const strong = `ALTER ROLE bob PASSWORD '${STRONG}'`;
  for (const encoding of ['LATIN1', 'SJIS', 'SQL_ASCII', undefined]) {
    t.equal(await verdictOn(strong, { text: { encoding } }), 'encoding', String(encoding));
    t.equal(await verdictOn(`${strong} /* é */`, { text: { encoding } }), 'encoding');
    t.equal(await verdictOn(`/* ${strong} */`, { text: { encoding } }), 'pass', 'plain ASCII, and none');
  }
  t.equal(await verdictOn(strong, { text: { encoding: 'utf8' } }), 'pass');
  const latin1 = Buffer.from(`${strong} -- é`, 'latin1');
  t.equal(await verdictOn(latin1), 'encoding');
});

t.test('Outside ASCII nothing may be on its way that could change the encoding.', async (t) => {
  const sql = `ALTER ROLE "böb" PASSWORD '${STRONG}'`;
  t.equal(await verdictOn(sql), 'pass');
  t.equal(await verdictOn(sql, { text: { alone: false } }), 'not-alone');
  t.equal(await verdictOn(`ALTER ROLE bob PASSWORD '${STRONG}'`, { text: { alone: false } }), 'pass');
});

t.test('It fails closed: what cannot be read or rated is refused.', async (t) => {
  const sql = `ALTER ROLE bob PASSWORD '${STRONG}'`;
  const trouble = async () => ({ kind: 'unreadable', why: 'trouble' }) as const;
  t.equal(await verdictOn(sql, { assessors: { read: trouble } }), 'unchecked');
  const rate = async () => unrated('its strength could not be checked', 'try again');
  t.equal(await verdictOn(sql, { assessors: { rate } }), 'weak');
  const many = Array.from({ length: MAX_PASSWORDS + 1 }, (_, i) => `ALTER ROLE r${i} PASSWORD NULL`).join(
    ';',
  );
  t.equal(await verdictOn(many), 'many');
  t.equal(await verdictOn(many.slice(many.indexOf(';') + 1)), 'pass');
});

t.test('Behind a statement that is refused, others are refused with it and not rated.', async (t) => {
  const texts = [
    `ALTER ROLE a PASSWORD '${STRONG}'`,
    `CREATE ROLE b PASSWORD '${WEAK}'`,
    `ALTER ROLE c PASSWORD '${STRONG}'`,
  ];
  let rated = 0;
  const rate: typeof ASSESSORS.rate = (password, role) => {
    rated += 1;
    return ASSESSORS.rate(password, role);
  };
  const bytes = Buffer.from(`${texts.join(';')};SELECT 1`);
  const objections = await judge({ bytes, encoding: 'UTF8', alone: true }, RULES, { ...ASSESSORS, rate });
  t.equal(rated, 2);
  t.strictSame(
    objections.map(({ kind, start, end }) => [kind, bytes.toString('utf8', start, end)]),
    [
      ['create', texts[1]],
      ['alter', texts[2]],
    ],
  );
  const fields = {
    severity: 'ERROR',
    sqlstate: '22023',
    message: /^password is too weak: \d+ bits, at least 60 needed$/,
    detail: /^It is .*\.$/,
    hint: /^Add at least .*\.$/,
  };
  t.match(objections, [{ fields }, { fields }]);
});
