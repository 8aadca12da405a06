-- A box that was away heard neither marks nor what it was asked for.
UPDATE stream SET requested_at = NULL WHERE box_id = ANY ($1::int4[]) RETURNING box_id, stream, mark
