import { readFileSync } from 'node:fs';
import t from 'tap';
import { auditExamples, withExamples } from '../support/audit-examples.ts';

const page = readFileSync('docs/audit.md', 'utf8');

t.test('docs/audit.md shows every event as it is written (else: npm run schemas).', async (t) => {
  t.ok(auditExamples().size > 20);
  t.equal(withExamples(page, auditExamples()), page);
});

t.test('An event that the page does not show is found.', async (t) => {
  t.throws(
    () => withExamples(page, new Map([['Something new', '{}']])),
    /no example under "### Something new"/,
  );
});
