import t from 'tap';
import { catalogProblems, catalogProjects, serverConfig } from './a-config.ts';

const text = `
projects:
- id: p
  branches:
  - { id: br-a, name: a, default: true, upstream: { host: db }, client_certificate: required }
  - id: br-b
    name: b
    upstream: { host: db }
    client_certificate_role: san
  - { id: br-c, name: c, upstream: { host: db }, client_certificate: optional }
`;
const MEND = 'has nothing to check certificates by: give tls.client_ca in portcullis.yaml, or remove it';

t.test('What a branch asks of certificates that nobody would check is an error.', async (t) => {
  t.strictSame(catalogProblems(text), [
    `f.yaml:5:85: client_certificate ${MEND}`,
    `f.yaml:9:30: client_certificate_role ${MEND}`,
  ]);
});

t.test('With authorities to check them by, it is what the branch says.', async (t) => {
  const outside = { clientCa: true };
  t.strictSame(catalogProblems(text, outside), []);
  t.match(catalogProjects(text, outside)[0]?.branches, [
    { clientCertificate: 'required', clientCertificateRole: 'off' },
    { clientCertificate: 'optional', clientCertificateRole: 'san' },
    { clientCertificate: 'optional', clientCertificateRole: 'off' },
  ]);
});

t.test('The catalog is told whether portcullis.yaml has them.', async (t) => {
  const server = (tls: string) =>
    serverConfig(`tls: { certificates: [{ cert: a, key: b }]${tls} }\ncatalog: { file: c }\n`);
  t.equal(server('').catalog?.clientCa, false);
  t.equal(server(', client_ca: d').catalog?.clientCa, true);
});
