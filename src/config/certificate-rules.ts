import type { Project } from '../catalog/model.ts';
import type { Problem } from './problem.ts';
import type { YamlDocument } from './yaml-document.ts';

const MEND = 'has nothing to check certificates by: give tls.client_ca in portcullis.yaml, or remove it';

/** What a branch asks of client certificates and nobody would check: errors, since it asks for a gate. */
export function idleCertificateRules(
  document: YamlDocument,
  projects: readonly Project[],
  clientCa: boolean,
): Problem[] {
  if (clientCa) return [];
  return projects.flatMap(({ branches }, index) =>
    branches.flatMap(({ clientCertificate, clientCertificateRole }, place) => {
      const idle = [];
      if (clientCertificate === 'required') idle.push('client_certificate');
      if (clientCertificateRole !== 'off') idle.push('client_certificate_role');
      return idle.map((key) => document.at(['projects', index, 'branches', place, key], `${key} ${MEND}`));
    }),
  );
}
