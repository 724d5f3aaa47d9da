declare module 'sns-validator' {
  /** A receiver's check of SNS messages, as AWS publishes it. */
  export default class MessageValidator {
    /** `hostPattern` is what the host of SigningCertURL must match. */
    constructor(hostPattern?: RegExp, encoding?: string);
    validate(
      message: string | Record<string, unknown>,
      callback: (error: Error | null, message?: Record<string, unknown>) => void,
    ): void;
  }
}
