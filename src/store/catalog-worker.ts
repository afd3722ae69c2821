import { parentPort, workerData } from 'node:worker_threads';
import type { CatalogLocation } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { readCatalog } from './catalog-file.ts';
import { packCatalog } from './catalog-parcel.ts';

/** What the thread is asked once; the answer is a CatalogParcel. */
export interface CatalogQuestion {
  readonly location: CatalogLocation;
  readonly env: Env;
}

const { location, env } = workerData as CatalogQuestion;
const { parcel, transfer } = packCatalog(readCatalog(location, env));
parentPort?.postMessage(parcel, transfer);
