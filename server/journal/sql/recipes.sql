-- Recipes; `known_as` is the name without case, by which one is found.

-- name: put_recipe
INSERT INTO recipes (tenant, key_id, known_as, name, source, arguments, saved_at)
VALUES (:tenant, :key_id, :known_as, :name, :source, :arguments, :now)
ON CONFLICT (tenant, key_id, known_as) DO UPDATE SET
  name = excluded.name, source = excluded.source, arguments = excluded.arguments, saved_at = excluded.saved_at;

-- name: recipe
SELECT * FROM recipes WHERE tenant = :tenant AND key_id = :key_id AND known_as = :known_as;

-- name: recipes
SELECT * FROM recipes WHERE tenant = :tenant AND key_id = :key_id ORDER BY saved_at DESC, known_as;

-- name: prune_recipes
DELETE FROM recipes WHERE key_id = :key_id;
