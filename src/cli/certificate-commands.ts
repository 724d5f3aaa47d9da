import { rotateCertificate } from '../certificates/rotate-certificate.js';
import type { Command } from './command.types.js';

/** `tendril certificates …` */
export const certificateCommands: readonly Command[] = [
  {
    name: 'certificates rotate',
    options: {},
    does: 'Makes a new certificate for SNS-shaped messages; old ones stay readable',
    read: () => ({
      run: async ({ database, encryption }) => {
        const id = await rotateCertificate(database, encryption);
        return {
          json: { certificate: { id } },
          lines: [`Messages are signed with the certificate ${id} from now on.`],
        };
      },
    }),
  },
];
