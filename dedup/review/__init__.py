"""The reviewer's local page: the report with a store of verdicts behind it."""
