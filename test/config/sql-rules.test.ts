import t from 'tap';
import { catalogProblems, catalogProjects } from './a-config.ts';

function withSql(sql: string): string {
  const head =
    'projects:\n- id: p\n  branches:\n  - id: br-a\n    name: a\n    default: true\n    upstream: { host: db }\n';
  return `${head}    ${sql}\n`;
}

const rules = (sql: string) => catalogProjects(withSql(sql))[0]?.branches[0]?.sql;

t.test('Passwords in SQL have the rule for all passwords unless a branch says otherwise.', async (t) => {
  const byDefault = {
    passwordMinBits: 60,
    prehashedPasswords: 'refuse',
    audit: 'none',
    auditParameters: false,
  };
  t.strictSame(rules(''), byDefault);
  t.strictSame(rules('sql: {}'), byDefault);
  t.strictSame(rules('sql: { password_min_bits: 80, prehashed_passwords: allow }'), {
    ...byDefault,
    passwordMinBits: 80,
    prehashedPasswords: 'allow',
  });
  t.match(rules('sql: { password_min_bits: off }'), { passwordMinBits: undefined });
});

t.test(
  'Statements are recorded where a branch says so, and parameters where it says that too.',
  async (t) => {
    t.match(rules('sql: { audit: ddl }'), { audit: 'ddl', auditParameters: false });
    t.match(rules('sql: { audit: all, audit_parameters: true }'), { audit: 'all', auditParameters: true });
    t.match(catalogProblems(withSql('sql: { audit: some }')), [/must be one of none, ddl, all/]);
  },
);

t.test('A rule that is none is told with its place.', async (t) => {
  const bits = (value: string) => catalogProblems(withSql(`sql: { password_min_bits: ${value} }`));
  for (const value of ['0', '257', '60.5', 'no', '"60"'])
    t.match(
      bits(value),
      [/^f\.yaml:8:31: .*password_min_bits must be (?:off, or )?a whole number from 1 to 256/],
      value,
    );
  t.match(catalogProblems(withSql('sql: { prehashed_passwords: yes }')), [/must be one of refuse, allow/]);
});
