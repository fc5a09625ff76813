/**
 * Set IMPACT_ADVOCATE_N8N_ROOT to a folder whose node_modules holds another n8n-core and n8n-workflow to run the
 * tests against that version of n8n.
 */
const n8nRoot = process.env.IMPACT_ADVOCATE_N8N_ROOT;

/** @type {import('jest').Config} */
module.exports = {
	testEnvironment: 'node',
	globalSetup: '<rootDir>/test/support/temporaryFolder.ts',
	testMatch: ['<rootDir>/test/**/*.test.ts'],
	testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/e2e/'],
	modulePathIgnorePatterns: ['<rootDir>/dist/package.json'],
	transform: {
		'^.+\\.tsx?$': [
			'@swc/jest',
			{ jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2022' } },
		],
	},
	moduleNameMapper: n8nRoot
		? {
				'^n8n-core(/.*)?$': `${n8nRoot}/node_modules/n8n-core$1`,
				'^n8n-workflow(/.*)?$': `${n8nRoot}/node_modules/n8n-workflow$1`,
			}
		: {},
	maxWorkers: 2,
	// A busy machine is slow, not wrong. Tests of what must end at all wait for longer than this otherwise.
	testTimeout: 180_000,
};
