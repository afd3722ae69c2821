/** Ours, as package.json has it; a test keeps them alike. A file cannot be read here. */
export const VERSION = '0.1.0';

/** OCSF's `product`: who wrote a record. */
export const PRODUCT = { name: 'Portcullis', vendor_name: 'Portcullis', version: VERSION } as const;

/** What the trail is called in its own records. */
export const LOG_NAME = 'portcullis-audit';
