-- Several people of one household may be greeted by its name: what is compared of each of them then.

ALTER TABLE compared_contact
  ADD COLUMN household    text,                                    -- NULL as well where the policy greets by the owner's name
  ADD COLUMN as_household text;                                    -- as `compared`, with the household's name
