import type { RequestOptions } from 'node:https';
import { DryMongoBinary } from 'mongodb-memory-server-core/lib/util/DryMongoBinary.js';
import { MongoBinaryDownload } from 'mongodb-memory-server-core/lib/util/MongoBinaryDownload.js';
import { DEFAULT_VERSION } from 'mongodb-memory-server-core/lib/util/resolveConfig.js';
import type { MongodSource } from './mongod-source.js';

/** Silence from the host for this long ends the download: an unreachable one must not hold up the start. */
const SILENCE_MS = 6_000;

class Download extends MongoBinaryDownload {
  override httpDownload(url: URL, options: RequestOptions, to: string, unfinished: string): Promise<string> {
    // The library does not check the server's certificate unless npm's strict-ssl says so, and a checksum from the
    // same server proves nothing. One attempt: the next source is quicker than the third retry.
    return super.httpDownload(
      url,
      { ...options, rejectUnauthorized: true },
      to,
      unfinished,
      1,
      0,
      SILENCE_MS,
    );
  }

  /** Counts only: its progress lines would stand between our own. */
  override printDownloadProgress(chunk: { length: number }): void {
    this.dlProgress.current += chunk.length;
  }
}

/** MongoDB's own builds, as mongodb-memory-server-core chooses them for this machine. */
export const officialMongod: MongodSource = {
  name: 'fastdl.mongodb.org',
  cachedAs: `mongod-${DEFAULT_VERSION}`,
  async fetch(folder) {
    const options = await DryMongoBinary.generateOptions({ version: DEFAULT_VERSION, downloadDir: folder });
    return new Download({ ...options, downloadDir: folder, checkMD5: true }).getMongodPath();
  },
};
