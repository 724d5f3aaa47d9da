import { Migration } from '@mikro-orm/migrations';

/** The uses that are limited, counted for all processes together. */
export class Migration0003RateLimits extends Migration {
  override name = '0003-rate-limits';

  override up(): void {
    // Unlogged: counts of a minute are not worth a write-ahead log, and a crash may forget them. The columns' names and
    // order are rate-limiter-flexible's; its points are integers, which the bytes of a minute would overflow.
    this.addSql(`CREATE UNLOGGED TABLE rate_limit (
      key varchar(255) PRIMARY KEY,
      points double precision NOT NULL DEFAULT 0,
      expire bigint -- milliseconds since 1970
    ) WITH (fillfactor = 50)`);
    this.addSql('CREATE INDEX rate_limit_by_expiry ON rate_limit (expire)');
  }
}
