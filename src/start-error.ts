/** An expected reason why the server cannot start or go on: its message is all that is printed before the exit with code 1. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
