import { registerHooks } from 'node:module';

// Node runs TypeScript by itself; what it lacks is that an import of './x.js' means the file x.ts.
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!/^\..*\.js$/.test(specifier)) throw error;
      return next(specifier.replace(/js$/, 'ts'), context);
    }
  },
});
