import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import t from 'tap';
import { bashScript, fishScript, zshScript } from '../../src/cli/completion-scripts.ts';
import { commandWords } from '../../src/cli/completion-words.ts';
import { run } from '../support/child.ts';
import { portcullis } from '../support/portcullis.ts';
import { passableFolder } from '../support/postgres.ts';

function tree(): Command {
  const child = new Command('branches')
    .description("a branch's life")
    .addCommand(
      new Command('list')
        .addOption(new Option('-o, --output <format>').choices(['table', 'json']))
        .option('--secret', 'not shown'),
    );
  return new Command('portcullis').addCommand(child);
}

t.test('What may follow comes from the commands themselves.', async (t) => {
  const all = commandWords(tree());
  t.strictSame(
    all.map(({ path }) => path),
    ['portcullis', 'portcullis branches', 'portcullis branches list'],
  );
  t.strictSame(
    all[2]?.options.map(({ word }) => word),
    ['--output', '--secret', '--help'],
  );
  t.strictSame(all[2]?.values.get('-o'), ['table', 'json']);
});

t.test('Bash completes commands, options, values and the command itself.', async (t) => {
  const script = join(await passableFolder(t), 'completion.bash');
  const { stdout, status } = await portcullis(['completion', 'bash']);
  t.equal(status, 0);
  await writeFile(script, stdout);
  const complete = async (...words: readonly string[]): Promise<string[]> => {
    const typed = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
    const shell = `source ${script}; ${typed}; _portcullis; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return (await run('bash', ['-c', shell])).stdout.trim().split('\n');
  };
  t.strictSame(await complete('portcullis', 'ip'), ['ip-allow']);
  t.strictSame(await complete('portcullis', 'ip-allow', 're'), ['remove', 'reset']);
  t.strictSame(await complete('portcullis', 'branches', 'list', '--pro'), ['--project-id']);
  t.strictSame(await complete('portcullis', 'branches', 'list', '-o', ''), ['table', 'json', 'yaml']);
  t.strictSame(await complete('portcullis', 'branches', 'delete', 'main', '--y'), ['--yes']);
  t.strictSame(await complete('portcullis', 'completion', 'z'), ['zsh']);
});

t.test(
  'The scripts for zsh and fish name every command, with quotes as each shell reads them.',
  async (t) => {
    const all = commandWords(tree());
    const fish = fishScript(all);
    t.match(
      fish,
      `complete -c portcullis -n '__portcullis_at '\\''portcullis'\\''' -f -a branches -d 'a branch'\\''s life'`,
    );
    t.match(fish, `-l output -x -a 'table json'`);
    const zsh = zshScript(all);
    t.match(zsh, /^#compdef portcullis\n/);
    t.match(zsh, `('portcullis branches list') candidates='--output --secret --help' ;;`);
    t.match(zsh, `('portcullis branches list -o') candidates='table json' ;;`);
    t.match(bashScript(all), `'portcullis branches') words='list --help' ;;`);
  },
);
