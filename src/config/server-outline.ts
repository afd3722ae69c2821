import type { z } from 'zod';
import { pathFrom } from './base-folder.ts';
import { parseKeyRing } from './key-ring.ts';
import {
  type CertificateFiles,
  fromVariables,
  MAX_SERVER_BYTES,
  type ServerConfig,
} from './server-config.ts';
import { serverSchema } from './server-schema.ts';
import type { Surroundings } from './surroundings.ts';
import { YamlDocument } from './yaml-document.ts';

/** The files that a configuration leads to. */
export type ServerOutline = Pick<ServerConfig, 'catalog' | 'tls' | 'public'>;

/** One that names these certificates and nothing else. */
export function outlineOf(certificates: readonly CertificateFiles[]): ServerOutline {
  return {
    catalog: undefined,
    tls: { minVersion: 'TLSv1.2', certificates, clients: undefined },
    public: undefined,
  };
}

/**
 * A portcullis.yaml that has problems, as far as it can be made out: what has the wrong shape is left out, so that the
 * files which the rest names are checked in the same go. Never throws.
 */
export function outlineServer(text: string, surroundings: Surroundings): ServerOutline {
  const { file, env, base } = surroundings;
  const read = YamlDocument.read(text, { file, maxBytes: MAX_SERVER_BYTES, changeText: fromVariables(env) });
  const document = 'document' in read ? read.document : read.partly;
  if (document === undefined) return outlineOf([]);
  const { tls, catalog } = serverSchema(surroundings).shape;
  const sound = <Schema extends z.ZodType>(schema: Schema, ...path: string[]) =>
    schema.safeParse(document.get(path)).data;
  const pairs = document.get(['tls', 'certificates']);
  const certificates = (Array.isArray(pairs) ? pairs : []).flatMap((pair: unknown) => {
    const written = tls.shape.certificates.element.safeParse(pair).data;
    return written ? [{ cert: pathFrom(base, written.cert), key: pathFrom(base, written.key) }] : [];
  });
  const ca = sound(tls.shape.client_ca, 'tls', 'client_ca');
  const crl = sound(tls.shape.client_crl, 'tls', 'client_crl');
  return {
    catalog: locationOf(document, {
      file: sound(catalog.shape.file, 'catalog', 'file'),
      key: sound(catalog.shape.key, 'catalog', 'key'),
      base,
    }),
    tls: {
      minVersion: 'TLSv1.2',
      certificates,
      clients: ca === undefined ? undefined : { ca: pathFrom(base, ca), crl: crl && pathFrom(base, crl) },
    },
    // Which names are covered cannot be said while a certificate may be missing.
    public: undefined,
  };
}

interface CatalogParts {
  readonly file: string | undefined;
  readonly key: string | { readonly file: string } | undefined;
  readonly base: string;
}

/** Without its key, where one was meant, every sealed secret would be told of. */
function locationOf(document: YamlDocument, { file, key, base }: CatalogParts): ServerOutline['catalog'] {
  if (file === undefined || (key === undefined && document.get(['catalog', 'key']) !== undefined))
    return undefined;
  const keys = typeof key === 'string' ? parseKeyRing(key) : undefined;
  if (keys !== undefined && 'problem' in keys) return undefined;
  return {
    file: pathFrom(base, file),
    base,
    keys: keys?.ring,
    keyFile: typeof key === 'object' ? pathFrom(base, key.file) : undefined,
    clientCa: document.get(['tls', 'client_ca']) !== undefined,
  };
}
