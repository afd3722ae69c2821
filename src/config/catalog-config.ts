import type { Project } from '../catalog/model.ts';
import { toProject } from './catalog-model.ts';
import { brokenRules } from './catalog-rules.ts';
import { catalogSchema } from './catalog-schema.ts';
import { CatalogSecrets } from './catalog-secrets.ts';
import { catalogWarnings } from './catalog-warnings.ts';
import { idleCertificateRules } from './certificate-rules.ts';
import { besideFaults, hasErrors, inReadingOrder, type Problem } from './problem.ts';
import { checkShape } from './shape.ts';
import type { CatalogSurroundings, ReadText } from './surroundings.ts';
import { type UnsoundYaml, YamlDocument } from './yaml-document.ts';

/** About 25,000 roles. Parsing takes its time from live sessions: a second or so for each MiB. */
export const MAX_CATALOG_BYTES = 4 * 1_048_576;

export type ParsedCatalog =
  | { readonly projects: readonly Project[]; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

/** Reads catalog.yaml: every problem at once, in reading order; the warnings are among them. */
export function parseCatalog(text: string, surroundings: CatalogSurroundings): ParsedCatalog {
  const read = YamlDocument.read(text, { file: surroundings.file, maxBytes: MAX_CATALOG_BYTES });
  if ('problems' in read) return { problems: inReadingOrder(withOthers(read, surroundings)) };
  const { document } = read;
  const readFile = remembering(surroundings.readFile);
  const shape = checkShape(catalogSchema({ ...surroundings, readFile }), document);
  const secrets = new CatalogSecrets(document, surroundings.unseal);
  const problems = [...secrets.problems, ...brokenRules(document)];
  if ('problems' in shape) return { problems: inReadingOrder([...shape.problems, ...problems]) };
  if (secrets.problems.length > 0) return { problems: inReadingOrder(problems) };
  const projects = shape.value.projects.map((project) => toProject(project, secrets));
  const warned = [
    ...problems,
    ...idleCertificateRules(document, projects, surroundings.clientCa),
    ...catalogWarnings(document, projects),
  ];
  if (hasErrors(warned)) return { problems: inReadingOrder(warned) };
  return { projects, warnings: inReadingOrder(warned) };
}

/** Also what is wrong beside a key that stands there twice, say. */
function withOthers({ problems, partly }: UnsoundYaml, surroundings: CatalogSurroundings): Problem[] {
  if (partly === undefined) return problems;
  const readFile = remembering(surroundings.readFile);
  const shape = checkShape(catalogSchema({ ...surroundings, readFile }), partly);
  return besideFaults(problems, [...('problems' in shape ? shape.problems : []), ...brokenRules(partly)]);
}

/** Many branches name one file of authorities. */
function remembering(readFile: ReadText): ReadText {
  const known = new Map<string, ReturnType<ReadText>>();
  return (path) => {
    const read = known.get(path) ?? readFile(path);
    known.set(path, read);
    return read;
  };
}
