import fc from 'fast-check';
import t from 'tap';
import { prove } from '../../src/scram/client-final.ts';
import { mechanisms, readClientFirst, type ServerContext, type ServerFirst } from '../../src/scram/server.ts';
import { makeVerifier } from '../../src/scram/verifier.ts';
import { BINDING, CLIENT_NONCE, KEYS, OTHER_BINDING, SALT, SERVER_NONCE, VERIFIER } from './actors.ts';

const CONTEXT: ServerContext = { binding: undefined, nonce: SERVER_NONCE, verifier: VERIFIER };
const BOUND: ServerContext = { ...CONTEXT, binding: BINDING };
const NONCE = `${CLIENT_NONCE}${SERVER_NONCE}`;
const PROOF = 'p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const GS2_PLUS = 'p=tls-server-end-point,,';

function begin(header = 'n,,', context = CONTEXT): ServerFirst {
  const mechanism = header === GS2_PLUS ? 'SCRAM-SHA-256-PLUS' : 'SCRAM-SHA-256';
  const first = readClientFirst(mechanism, Buffer.from(`${header}n=user,r=${CLIENT_NONCE}`), context);
  if (first.kind === 'failure') throw new Error(first.reason);
  return first;
}

/** client-final of somebody who knows the password, over whatever he says before the proof. */
function finalWith(first: ServerFirst, withoutProof: string): Buffer {
  return prove(KEYS, withoutProof, `n=user,r=${CLIENT_NONCE},${first.reply.toString()},${withoutProof}`)
    .reply;
}

function channel(header: string, data: Buffer = Buffer.alloc(0)): string {
  return `c=${Buffer.concat([Buffer.from(header), data]).toString('base64')}`;
}

t.test('The exchange of RFC 7677 is answered byte for byte and yields the ClientKey.', async (t) => {
  const first = begin();
  t.equal(first.reply.toString(), `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
  const verdict = first.final(Buffer.from(`c=biws,r=${NONCE},${PROOF}`));
  t.equal(verdict.kind, 'success');
  t.equal(
    verdict.kind === 'success' && verdict.reply.toString(),
    'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  );
  t.same(verdict.kind === 'success' && verdict.clientKey, KEYS.clientKey);
});

t.test('PLUS is offered first, and only where the certificate has a binding.', async (t) => {
  t.same(mechanisms(BINDING), ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']);
  t.same(mechanisms(undefined), ['SCRAM-SHA-256']);
});

t.test('A mechanism that was not offered is a protocol violation.', async (t) => {
  const message = Buffer.from(`${GS2_PLUS}n=,r=${CLIENT_NONCE}`);
  for (const mechanism of ['', 'SCRAM-SHA-1', 'scram-sha-256', 'SCRAM-SHA-256-PLUS', 'PLAIN\u001b[2J']) {
    const failure = readClientFirst(mechanism, message, CONTEXT);
    t.same(failure, {
      kind: 'failure',
      code: 'malformed',
      reason: 'client selected an invalid SASL authentication mechanism',
    });
  }
});

t.test('A client-first that is absent or no text is malformed.', async (t) => {
  const good = `n,,n=,r=${CLIENT_NONCE}`;
  const cases: Record<string, Buffer | undefined> = {
    'a length of -1': undefined,
    'an empty message': Buffer.alloc(0),
    'a message of 1,025 bytes': Buffer.from(good.padEnd(1025, 'x')),
    'a NUL': Buffer.from(`${good}\0`),
    'broken UTF-8': Buffer.concat([Buffer.from(good), Buffer.from([0xc3])]),
  };
  for (const [what, message] of Object.entries(cases)) {
    t.match(readClientFirst('SCRAM-SHA-256', message, CONTEXT), { kind: 'failure', code: 'malformed' }, what);
  }
  t.match(readClientFirst('SCRAM-SHA-256', Buffer.from(good.padEnd(1024, 'x')), CONTEXT), {
    kind: 'continue',
  });
});

t.test('client-final first is malformed (pgbouncer CVE-2026-19888).', async (t) => {
  const message = Buffer.from(`c=biws,r=${NONCE},${PROOF}`);
  t.match(readClientFirst('SCRAM-SHA-256', message, CONTEXT), { kind: 'failure', code: 'malformed' });
  t.match(begin().final(Buffer.from(`n,,n=user,r=${CLIENT_NONCE}`)), { kind: 'failure', code: 'malformed' });
});

t.test('`y` where PLUS was offered is a downgrade.', async (t) => {
  const message = Buffer.from(`y,,n=,r=${CLIENT_NONCE}`);
  t.match(readClientFirst('SCRAM-SHA-256', message, BOUND), { code: 'channel-binding' });
  t.match(readClientFirst('SCRAM-SHA-256', message, CONTEXT), { kind: 'continue' }, 'it was not');
});

t.test('Every header must come back in client-final exactly as it was.', async (t) => {
  const good: readonly (readonly [string, ServerContext, string])[] = [
    ['n,,', CONTEXT, 'c=biws'],
    ['n,,', BOUND, 'c=biws'],
    ['y,,', CONTEXT, 'c=eSws'],
    [GS2_PLUS, BOUND, channel(GS2_PLUS, BINDING)],
  ];
  for (const [header, context, right] of good) {
    for (const [, , sent] of good) {
      const first = begin(header, context);
      const verdict = first.final(finalWith(first, `${sent},r=${NONCE}`));
      const code = header === GS2_PLUS ? 'channel-binding' : 'malformed';
      t.match(
        verdict,
        sent === right ? { kind: 'success' } : { kind: 'failure', code },
        `${header} and ${sent}`,
      );
    }
  }
});

t.test("Somebody in between with a certificate of his own fails the binding's check.", async (t) => {
  const wrong: Record<string, string> = {
    'the hash of his certificate': channel(GS2_PLUS, OTHER_BINDING),
    'no hash': channel(GS2_PLUS),
    'a hash cut short': channel(GS2_PLUS, BINDING.subarray(1)),
    'a hash and more': channel(GS2_PLUS, Buffer.concat([BINDING, Buffer.alloc(1)])),
    'another type of binding': channel('p=tls-unique,,', BINDING),
    'the right one without padding': channel(GS2_PLUS, BINDING).replace(/=+$/, ''),
    'the right one twice': `${channel(GS2_PLUS, BINDING)}${channel(GS2_PLUS, BINDING).slice(2)}`,
    'none at all': 'c=',
    'another attribute': 'x=1',
  };
  for (const [what, sent] of Object.entries(wrong)) {
    const first = begin(GS2_PLUS, BOUND);
    t.match(first.final(finalWith(first, `${sent},r=${NONCE}`)), { code: 'channel-binding' }, what);
  }
});

t.test('A client-final out of shape is malformed, though the proof covers it.', async (t) => {
  const cases: Record<string, string> = {
    'no nonce': 'c=biws',
    "the client's part alone": `c=biws,r=${CLIENT_NONCE}`,
    'our part alone': `c=biws,r=${SERVER_NONCE}`,
    'a nonce longer than ours': `c=biws,r=${NONCE}x`,
    'a nonce shorter than ours': `c=biws,r=${NONCE.slice(0, -1)}`,
    'a nonce with a comma': `c=biws,r=${NONCE.replace('%', ',')}`,
    'the nonce of another exchange': `c=biws,r=${CLIENT_NONCE}${SERVER_NONCE.toLowerCase()}`,
    'another order': `r=${NONCE},c=biws`,
    'two nonces': `c=biws,r=${NONCE},r=${NONCE}`,
    'two proofs': `c=biws,r=${NONCE},${PROOF}`,
    'a mandatory extension': `c=biws,r=${NONCE},m=1`,
    'an empty attribute': `c=biws,r=${NONCE},`,
    'an extension before': `x=1,c=biws,r=${NONCE}`,
    'a wrong c=': `c=biwt,r=${NONCE}`,
    'no c=': `r=${NONCE}`,
  };
  for (const [what, withoutProof] of Object.entries(cases)) {
    const first = begin();
    t.match(first.final(finalWith(first, withoutProof)), { kind: 'failure', code: 'malformed' }, what);
  }
});

t.test('An unknown extension is passed over and signed.', async (t) => {
  const first = begin();
  t.match(first.final(finalWith(first, `c=biws,r=${NONCE},x=\u00e4`)), { kind: 'success' });
  const unsigned = finalWith(first, `c=biws,r=${NONCE}`).toString().replace(',p=', ',x=1,p=');
  t.same(first.final(Buffer.from(unsigned)), { kind: 'wrong-proof' });
});

t.test('A proof of the wrong length or spelling is malformed and no failed login.', async (t) => {
  const before = `c=biws,r=${NONCE}`;
  const cases: Record<string, string> = {
    'no proof': before,
    'an empty proof': `${before},p=`,
    '31 bytes': `${before},p=${Buffer.alloc(31).toString('base64')}`,
    '33 bytes': `${before},p=${Buffer.alloc(33).toString('base64')}`,
    'no padding': `${before},${PROOF.slice(0, -1)}`,
    'padding twice': `${before},${PROOF}=`,
    'bits beyond the end': `${before},${PROOF.replace('VQ=', 'VR=')}`,
    'the alphabet of URLs': `${before},${PROOF.replace('+', '-')}`,
    'white space': `${before},${PROOF} `,
    'a line feed': `${before},${PROOF}\n`,
    'garbage behind': `${before},${PROOF},x=1`,
    'a comma behind': `${before},${PROOF},`,
    'a NUL behind': `${before},${PROOF}\0`,
    nothing: '',
    'an over-long message': `${before},x=${'1'.repeat(1024)},${PROOF}`,
  };
  for (const [what, text] of Object.entries(cases)) {
    t.match(begin().final(Buffer.from(text)), { kind: 'failure', code: 'malformed' }, what);
  }
  t.match(begin().final(Buffer.from([0xff])), { kind: 'failure', code: 'malformed' }, 'broken UTF-8');
});

t.test('Only a proof that was verified and found wrong is a wrong proof.', async (t) => {
  const wrong = `c=biws,r=${NONCE},p=${Buffer.alloc(32).toString('base64')}`;
  t.same(begin().final(Buffer.from(wrong)), { kind: 'wrong-proof' });
  const other = await makeVerifier('Pencil', SALT, 4096);
  const proof = Buffer.from(`c=biws,r=${NONCE},${PROOF}`);
  t.same(begin('n,,', { ...CONTEXT, verifier: other }).final(proof), { kind: 'wrong-proof' });
});

t.test('A reason repeats nothing of what the client sent.', async (t) => {
  const texts = [
    'MARK',
    'c=MARK,r=x,p=x',
    'c=biws,r=MARK,p=x',
    `c=biws,r=${NONCE},MARK,p=x`,
    `c=biws,r=${NONCE},p=MARK`,
  ];
  for (const text of texts) t.notMatch(JSON.stringify(begin().final(Buffer.from(text))), /MARK/, text);
});

t.test('Changing any byte of client-final never lets anybody in and never throws.', async (t) => {
  const good = Buffer.from(`c=biws,r=${NONCE},${PROOF}`);
  const first = begin();
  fc.assert(
    fc.property(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      fc.pre(good.readUInt8(at) !== byte);
      const mutated = Buffer.from(good);
      mutated.writeUInt8(byte, at);
      return first.final(mutated).kind !== 'success';
    }),
    { numRuns: 2000 },
  );
  t.equal(first.final(good).kind, 'success');
});

t.test('Arbitrary bytes never throw and never let anybody in.', async (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((array) => Buffer.from(array)),
    fc
      .string({ unit: fc.constantFrom('n', 'y', 'p', 'c', 'r', 'a', 'm', '=', ',', 'b') })
      .map((text) => Buffer.from(text)),
  );
  const mechanism = fc.constantFrom('SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS');
  fc.assert(
    fc.property(mechanism, bytes, bytes, (name, one, two) => {
      const first = readClientFirst(name, one, BOUND);
      return first.kind === 'failure' || first.final(two).kind !== 'success';
    }),
    { numRuns: 1000 },
  );
  t.not(begin().final(Buffer.from('p')).kind, 'success');
});

t.test('A nonce that could not be sent is a mistake of the caller.', async (t) => {
  for (const nonce of ['', 'a,b']) {
    t.throws(
      () => readClientFirst('SCRAM-SHA-256', Buffer.from('n,,n=,r=x'), { ...CONTEXT, nonce }),
      TypeError,
    );
  }
});
