import t from 'tap';
import { upstreamContext } from '../../src/net/upstream-context.ts';
import { testCertificate } from '../support/server-certificate.ts';

const { cert: pem } = await testCertificate();

t.test('The same authorities are read once.', async (t) => {
  t.equal(upstreamContext({ pem }), upstreamContext({ pem }));
  t.equal(upstreamContext('runtime'), upstreamContext('runtime'));
  t.equal(upstreamContext('nobody'), upstreamContext('nobody'));
});

t.test('Who is believed is never shared between those who believe others.', async (t) => {
  const { cert: another } = await testCertificate();
  const words = ['runtime', 'nobody'] as const;
  // A file may hold anything, those words among it.
  const texts = [pem, another, ...words].map((each) => ({ pem: each }));
  const all = [...texts, ...words].map(upstreamContext);
  t.equal(new Set(all).size, all.length);
});

t.test('The oldest of very many is let go.', async (t) => {
  const first = upstreamContext({ pem });
  const last = { pem: `${pem}${'\n'.repeat(300)}` };
  // White space between certificates means nothing, and makes another text.
  for (let n = 1; n <= 300; n += 1) upstreamContext({ pem: `${pem}${'\n'.repeat(n)}` });
  t.equal(upstreamContext(last), upstreamContext(last), 'the newest is kept');
  t.not(upstreamContext({ pem }), first);
});
