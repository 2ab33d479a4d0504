-- What most lists ask for, and what every list counts: those that run, newest first, found and counted in the index alone.
create index sandboxes_listed_running on sandboxes (team_id, started_at desc, id) where state = 'running' and ended_at is null;

-- Asked for by equality only. As B-trees that begin with a column of one value they looked cheap to read from end to end, and
-- PostgreSQL took them for pages of lists (docs/store.md).
drop index sandboxes_by_template;
drop index sandboxes_by_node;
create index sandboxes_by_template on sandboxes using hash (template_id) where ended_at is null;
create index sandboxes_by_node on sandboxes using hash (node_id) where ended_at is null;
