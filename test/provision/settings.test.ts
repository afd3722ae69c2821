import t from 'tap';
import { ProvisionError } from '../../src/provision/error.ts';
import { listElements, settingStatements } from '../../src/provision/settings.ts';

t.test('A setting is written again as it was kept.', async (t) => {
  t.strictSame(
    settingStatements('ALTER DATABASE "x"', ['work_mem=5MB', "my.own=it's = \\", 'search_path=""']),
    [
      `ALTER DATABASE "x" SET "work_mem" TO '5MB'`,
      `ALTER DATABASE "x" SET "my.own" TO 'it''s = \\'`,
      `ALTER DATABASE "x" SET "search_path" TO ''`,
    ],
  );
  t.strictSame(settingStatements('ALTER ROLE "r"', ['search_path="$user", public, "a "", b"']), [
    `ALTER ROLE "r" SET "search_path" TO '$user', 'public', 'a ", b'`,
  ]);
  t.strictSame(settingStatements('ALTER ROLE "r"', ['search_path=']), [
    `ALTER ROLE "r" SET "search_path" TO ''`,
  ]);
});

t.test('A list that is none is refused, not run.', async (t) => {
  for (const bad of ['a b', '"a', 'a,', 'a,,b', '"a"b'])
    t.throws(() => listElements(bad), ProvisionError, bad);
  t.strictSame(listElements(' a ,"b" '), ['a', 'b']);
  t.strictSame(settingStatements('ALTER ROLE "r"', ['search_path=a;/**/DROP/**/TABLE/**/x']), [
    `ALTER ROLE "r" SET "search_path" TO 'a;/**/DROP/**/TABLE/**/x'`,
  ]);
});
