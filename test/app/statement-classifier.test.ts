import t from 'tap';
import { StatementClassifier } from '../../src/app/statement-classifier.ts';

t.test('A thread tells what changes definitions, whatever the encoding.', async (t) => {
  await using classifier = new StatementClassifier({ report: (problem) => t.fail(problem) });
  const kindOf = (text: string, encoding: BufferEncoding = 'utf8') =>
    classifier.kindOf(Buffer.from(text, encoding));
  t.strictSame(
    await Promise.all([
      kindOf('CREATE TABLE é ()'),
      kindOf('CREATE TABLE é ()', 'latin1'),
      kindOf('SELECT 1'),
      kindOf('CREATE'),
    ]),
    ['ddl', 'ddl', 'other', 'unknown'],
  );
});

t.test('What nobody has time for is unknown.', async (t) => {
  await using classifier = new StatementClassifier({ maxWaiting: 0 });
  t.equal(await classifier.kindOf(Buffer.from('CREATE TABLE a ()')), 'unknown');
});
