/* eslint-disable @n8n/community-nodes/no-restricted-globals -- a command-line program */
/** Import this first: it makes the test harness load the node as it was built, and not its source. */
process.env.IMPACT_ADVOCATE_DIST = '1';

export {};
