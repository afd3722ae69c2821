/**
 * The bytes and bounds of the PROXY protocol, as reader and serializer share them. Sections are those of
 * HAProxy's doc/proxy-protocol.txt, revision 2020/03/05.
 */

/** What a line of version 1 begins with (2.1). */
export const V1_PREFIX = 'PROXY ';

export const V1_LINE_END = '\r\n';

/** The longest line of version 1, its CRLF included, in bytes (2.1, "worst case"). */
export const MAX_V1_LENGTH = 107;

/** `PROXY UNKNOWN\r\n`: no valid line is shorter (2.1, "short form"). */
export const MIN_V1_LENGTH = 15;

/** What a header of version 2 begins with (2.2). */
export const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** Signature, version and command, family and transport, length (2.2). */
export const V2_FIXED_LENGTH = 16;

/** Where these stand: 2.2 calls them the 13th, the 14th, the 15th and 16th byte. */
export const V2_OFFSET = { versionAndCommand: 12, familyAndTransport: 13, length: 14 } as const;

/**
 * The most bytes that may follow those 16. The field could say 65535; a header is meant to fit into 536 bytes
 * (2), and only a client's certificate in an SSL TLV makes a real one longer.
 */
export const MAX_V2_BODY_LENGTH = 4096;

export const V2_VERSION = 2;

/** 2.2, the 13th byte's lower half. */
export const V2_COMMAND = { local: 0, proxy: 1 } as const;

/** 2.2, the 14th byte: family in its upper half, transport in its lower one. */
export const V2_TCP = { 4: 0x11, 6: 0x21 } as const;

/** Bytes of an address by its family. */
export const ADDRESS_LENGTH = { 4: 4, 6: 16 } as const;
export const PORT_LENGTH = 2;
export const MAX_PORT = 65_535;

/** The types of a TLV that we read (2.2.1 to 2.2.8); all others are skipped, SSL (0x20) among them. */
export const TLV_TYPE = { authority: 0x02, crc32c: 0x03, uniqueId: 0x05, aws: 0xea } as const;

/** A TLV's type (1 byte) and its value's length (2 bytes), which does not count these. */
export const TLV_HEADER_LENGTH = 3;

/** HA_PP2_AUTHORITY_MAX of HAProxy, include/haproxy/connection-t.h; also the longest name in DNS. */
export const MAX_AUTHORITY_LENGTH = 255;

/** 2.2.5. */
export const MAX_UNIQUE_ID_LENGTH = 128;

export const CRC32C_LENGTH = 4;

/** The first byte of an AWS TLV's value: a VPC endpoint's id follows (AWS, Network Load Balancers, Custom TLV). */
export const AWS_VPC_ENDPOINT = 0x01;

/** What ids of AWS are made of, twice as long as any known: it may be logged as it is. */
export const VPC_ENDPOINT_ID = /^[A-Za-z0-9-]{1,64}$/;
