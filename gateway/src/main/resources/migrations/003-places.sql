-- Whether a team has a place left for one more sandbox: null when it has, else how many it may run at once.
--
-- Those who ask for the same team wait for each other until the one ahead has committed or given up; then its row is counted. In
-- a function, because each of its statements sees what was committed before that statement: the count sees what the wait was for.
--
-- The transaction that asks does not wait for the disk when it commits, so the next in line waits for no disk either. What it
-- writes is told to nobody: the write that is told comes later and reaches the disk behind this one, the log being one
-- (docs/store.md).
create function team_refuses(asking uuid) returns integer language plpgsql volatile as $$
declare
    most integer;
begin
    perform set_config('synchronous_commit', 'off', true);
    perform pg_advisory_xact_lock(1279607886, hashtext(asking::text));
    select concurrency_max into most from teams where id = asking;
    if (select count(*) from sandboxes
        where team_id = asking and state in ('starting', 'running', 'resuming', 'pausing')) < most then
        return null;
    end if;
    return most;
end $$;

-- A hash index keeps what is equal in one chain of pages and reads it from end to end to add one more: with one template and one
-- node for all, every create read the whole of both, twice. Lists of one template have a B-tree that begins like every other
-- list's; a node's sandboxes are asked for once, at a start, from whatever index knows who lives.
drop index sandboxes_by_template;
drop index sandboxes_by_node;
create index sandboxes_listed_by_template on sandboxes (team_id, template_id, started_at desc, id) where ended_at is null;
