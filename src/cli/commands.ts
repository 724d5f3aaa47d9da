import { certificateCommands } from './certificate-commands.js';
import type { Command } from './command.types.js';
import { encryptionCommands } from './encryption-commands.js';
import { keyCommands } from './key-commands.js';
import { workspaceCommands } from './workspace-commands.js';

/** What can be typed behind `tendril`, in the order of the help. */
export const commands: readonly Command[] = [
  ...workspaceCommands,
  ...keyCommands,
  ...encryptionCommands,
  ...certificateCommands,
];
